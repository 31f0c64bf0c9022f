/** Who worked when, as a diagram: a row each, time to the right. Readable in light and in dark. */

export interface Span {
  readonly who: string;
  readonly what: string;
  /** Milliseconds since the start. */
  readonly from: number;
  readonly to: number;
}

const WIDTH = 860;
const LEFT = 330;
const RIGHT = 70;
const TOP = 56;
const ROW = 30;
const BAR = 14;
const COLOURS: Readonly<Record<string, string>> = {
  'API server': '#64748b',
  scheduler: '#64748b',
  kubelet: '#64748b',
  webhook: '#0d9488',
  keyservice: '#d97706',
  console: '#2563eb',
  'init container': '#7c3aed',
};
const OTHER = '#64748b';

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** 1, 2 or 5 times a power of ten, at most eight of them. */
function stepFor(end: number): number {
  const power = 10 ** Math.floor(Math.log10(end / 8));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => end / step <= 8) ?? end;
}

function shown(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}

export function drawSpans(title: string, spans: readonly Span[]): string {
  const end = Math.max(1, ...spans.map(({ to }) => to));
  const height = TOP + spans.length * ROW + 40;
  const x = (ms: number): string => (LEFT + (ms / end) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const bottom = TOP + spans.length * ROW;
  const step = stepFor(end);
  const ticks = Array.from({ length: Math.floor(end / step) + 1 }, (_, at) => at * step);
  const grid = ticks.map(
    (ms) =>
      `<line x1="${x(ms)}" x2="${x(ms)}" y1="${TOP - 6}" y2="${bottom}" class="grid"/>` +
      `<text x="${x(ms)}" y="${bottom + 20}" text-anchor="middle" class="dim">${ms} ms</text>`,
  );
  const rows = spans.map(({ who, what, from, to }, at) => {
    const y = TOP + at * ROW;
    const width = Math.max(2, Number(x(to)) - Number(x(from)));
    return (
      `<text x="12" y="${y + 15}"><tspan class="who">${escape(who)}</tspan> ${escape(what)}</text>` +
      `<rect x="${x(from)}" y="${y + 4}" width="${width.toFixed(1)}" height="${BAR}" rx="3" fill="${COLOURS[who] ?? OTHER}"/>` +
      `<text x="${(Number(x(from)) + width + 6).toFixed(1)}" y="${y + 15}" class="dim">${shown(to - from)}</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2937 } .who { font-weight: 600 } .dim { fill: #6b7280; font-size: 12px }
.title { font-size: 15px; font-weight: 600 } .grid { stroke: #9ca3af; stroke-opacity: .35 } .ground { fill: #ffffff }
@media (prefers-color-scheme: dark) { text { fill: #e5e7eb } .dim { fill: #9ca3af } .ground { fill: #0f172a } }
</style>
<rect width="100%" height="100%" rx="8" class="ground"/>
<text x="12" y="28" class="title">${escape(title)}</text>
${[...grid, ...rows].join('\n')}
</svg>
`;
}
