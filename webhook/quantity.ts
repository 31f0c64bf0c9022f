/** Kubernetes quantities, exactly: integers of 10⁻⁹. Zone 2; apimachinery resource.Quantity. */

const NANO = 1_000_000_000n;
const decimal: Readonly<Record<string, bigint>> = {
  n: 1n,
  u: 1_000n,
  m: 1_000_000n,
  '': NANO,
  k: NANO * 10n ** 3n,
  M: NANO * 10n ** 6n,
  G: NANO * 10n ** 9n,
  T: NANO * 10n ** 12n,
  P: NANO * 10n ** 15n,
  E: NANO * 10n ** 18n,
};
const binary: Readonly<Record<string, bigint>> = Object.fromEntries(
  ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, at) => [suffix, NANO * 1024n ** BigInt(at + 1)]),
);
const pattern =
  /^([+-]?)(\d{1,30})?(?:\.(\d{0,30}))?(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d{1,2}))?$/;

/** Nano-units, rounded up as Kubernetes does, or undefined for what is not a quantity. */
export function parseQuantity(text: string | number): bigint | undefined {
  const match = pattern.exec(String(text));
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix = '', exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const power = Number(exponent ?? 0);
  const unit = (decimal[suffix] ?? binary[suffix] ?? NANO) * 10n ** BigInt(Math.max(power, 0));
  const scale = 10n ** BigInt(fraction.length + Math.max(-power, 0));
  const scaled = BigInt(whole + fraction) * unit;
  const rounded = (scaled + scale - 1n) / scale;
  return sign === '-' ? -rounded : rounded;
}

/** From whole bytes. */
export function bytes(count: number): bigint {
  return BigInt(count) * NANO;
}

export const MEBIBYTE = 1024 * 1024;
