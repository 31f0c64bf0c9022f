/** Which key to seal to: the configured one, or the first one offered. Zone 0; `pins.json` in the state folder. */
import type { Kid } from '#envelope/names.ts';
import { parseKid } from '#envelope/names.ts';
import { codeOf, Failure, failure } from './failure.ts';
import { privateFile, type Guard } from './private-files.ts';

export interface Pins {
  find(console: string): Promise<Kid | undefined>;
  keep(console: string, kid: Kid): Promise<void>;
}

const guard: Guard = {
  bits: 0o022,
  exposed: (path) => [
    `Others can change ${path}, which says which key you trust.`,
    `Compare the key in it with the one that your operator publishes, then: chmod 600 ${path}`,
  ],
};

export function createPins(stateFolder: string): Pins {
  const file = privateFile({ folder: stateFolder, variable: 'XDG_STATE_HOME' }, 'pins.json', guard);
  return {
    find: async (console) => parseKid((await file.read())[console]),
    keep: async (console, kid) => file.write({ ...(await file.read()), [console]: kid }),
  };
}

interface Trust {
  readonly pins: Pins;
  readonly console: string;
  /** From the configuration, in which case nothing is pinned. */
  readonly configured: Kid | undefined;
  readonly note: (line: string) => void;
}

/** Anyone who could substitute a key of their own for the console's would read everything sealed from then on. */
function changed(offered: Kid, trusted: Kid, configured: boolean): Error {
  return failure(
    'key_changed',
    `The console offers the key ${offered} to seal to, but you trust ${trusted}. Nothing was sealed.`,
    `Ask your operator, not through the console, whether the key was rotated to ${offered}; if so: ` +
      (configured ? 'change kid in your configuration.' : `twofold trust ${offered}`),
  );
}

/** What to say about it. A machine without a place for state can store secrets, too. */
async function pinFirst({ pins, console }: Trust, kid: Kid): Promise<string> {
  const first = `First use of ${console}`;
  try {
    await pins.keep(console, kid);
    return `${first}: from now on, secrets are sealed only to ${kid}.`;
  } catch (error) {
    if (!(error instanceof Failure) || codeOf(error) !== 'state_unusable') throw error;
    const next = 'To trust only this key from now on, set TWOFOLD_KID to its id.';
    return `${first}: secrets are sealed to ${kid} this time. ${error.message} ${next}`;
  }
}

/** Throws the Failure `key_changed` for any key but the trusted one; the first is pinned. */
export async function demandTrusted({ pins, console, configured, note }: Trust, offered: Kid): Promise<void> {
  const trusted = configured ?? (await pins.find(console));
  if (trusted === undefined) {
    note(await pinFirst({ pins, console, configured, note }, offered));
  } else if (trusted !== offered) throw changed(offered, trusted, configured !== undefined);
}
