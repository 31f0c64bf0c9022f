/** How an answer of `/launch` gets to the launcher's window, and from nowhere else. Zone 0; docs/launchers.md. */
import { text } from '../console/web/shared/text.ts';
import { find, make, part } from './elements.ts';

/** What a window tells the console's frame that opened it: an answer, and the one origin that it is for. */
interface Relayed {
  readonly type: typeof RELAYED;
  readonly to: string;
  readonly answer: Partial<Answer> | undefined;
}

/** As far as this script looks at it. */
interface Answer {
  readonly error: string;
}

const RELAYED = 'twofold-launch-relayed';

/** Whether a window is this console's: such a one can be looked into. */
function isOwn(other: Window): boolean {
  try {
    return other.location.origin === location.origin;
  } catch {
    return false;
  }
}

/** The window that opened or embeds this one, while it is there. */
function launcher(): Window | undefined {
  const opener = window.opener as Window | null; // the library types it as any
  if (opener !== null) return opener.closed ? undefined : opener;
  return window.parent === window ? undefined : window.parent;
}

export function hasLauncher(): boolean {
  return launcher() !== undefined;
}

/** To the launcher, if its origin is the listed one (the browser compares), or to the console's frame there. False if there is none. */
function post({ origin: to = '', answer: json = '' }: DOMStringMap): boolean {
  const receiver = launcher();
  if (!receiver) return false;
  const answer = JSON.parse(json) as Partial<Answer>; // the console wrote it
  const relayed: Relayed = { type: RELAYED, to, answer };
  if (isOwn(receiver)) receiver.postMessage(relayed, location.origin);
  else receiver.postMessage(answer, to);
  return true;
}

export function postAnswer(section: HTMLElement): void {
  part(section, 'state').textContent = post(section.dataset) ? text.launch.done : text.launch.noListener;
}

/** The buttons that give nothing. */
export function enhanceDecline(choices: HTMLElement): void {
  choices.hidden = false;
  for (const button of choices.querySelectorAll('button'))
    button.addEventListener('click', () => {
      const { origin } = choices.dataset;
      const { answer } = button.dataset;
      const gave = answer?.includes('"error"') ? text.launch.cancelled : text.launch.done;
      const sentence = post({ origin, answer }) ? gave : text.launch.noListener;
      const main = find(document, 'main', HTMLElement);
      const said = make('p', { role: 'status' }, sentence);
      main.replaceChildren(make('section', { class: 'notice' }, make('h1', {}, text.launch.title), said));
      main.focus();
    });
}

/** In a launcher's frame: relays the answer of the window that was opened here, and nothing from any other. */
export function relayAnswer(section: HTMLElement): void {
  addEventListener('message', ({ origin, source, data }: MessageEvent<Partial<Relayed> | null>) => {
    const from = source as Window | null; // no port and no worker sends to a window
    if (origin !== location.origin || from?.opener !== window) return;
    if (data?.type !== RELAYED || data.to === undefined) return;
    window.parent.postMessage(data.answer, data.to);
    from.close();
    part(section, 'choices').remove();
    const { elsewhereDone, elsewhereCancelled } = text.launch;
    part(section, 'state').textContent =
      data.answer?.error === undefined ? elsewhereDone : elsewhereCancelled;
  });
}

export function returnAnswer(form: HTMLElement): void {
  if (form instanceof HTMLFormElement) form.requestSubmit();
}
