/** `trust`: which key to seal to. Zone 0. */
import { parseKid, type Kid } from '#envelope/names.ts';
import { command, type Context } from '../command.ts';
import { failure } from '../failure.ts';

/** Before a key that was trusted until now is given up: whoever holds the other could read what is sealed to it. */
async function demandConsent(context: Context, trusted: Kid, kid: Kid): Promise<void> {
  const { terminal } = context;
  context.note(`Until now, secrets for ${context.console()} are sealed only to ${trusted}.`);
  if (!terminal.interactive) {
    const next = 'Once your operator has confirmed the new key, not through the console: add --yes.';
    throw failure('not_interactive', 'There is no terminal to ask at; the trusted key stays.', next);
  }
  const sure = await terminal.confirm(`Has your operator confirmed ${kid}, not through the console?`);
  if (!sure) throw failure('not_confirmed', 'The trusted key stays.');
}

export const trust = command({
  name: 'trust',
  summary: 'Show the key that secrets are sealed to, or trust another after a rotation.',
  detail:
    'A key’s id is a fingerprint of the key itself (RFC 7638). Compare it with the one your operator publishes, not\n' +
    'through the console: anyone who controlled the console could offer a key of their own.',
  positionals: [{ name: 'KID', doc: 'id of the key to trust from now on', optional: true }],
  options: { yes: { short: 'y', doc: 'Do not ask.' } },
  examples: [
    { line: 'twofold trust', doc: 'Show the trusted key' },
    {
      line: 'twofold trust NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
      doc: 'Once the operator has confirmed it',
    },
  ],
  run: async (context, { positionals: [text], options }) => {
    const console = context.console();
    const configured = context.settings.kid;
    if (text === undefined) {
      const key = configured ?? (await context.pins.find(console)) ?? null;
      return {
        json: { console, trustedKey: key, configured: configured !== undefined },
        text: key ?? 'No key is trusted yet; the first that the console offers will be.',
      };
    }
    const kid = parseKid(text);
    if (!kid)
      throw failure(
        'usage',
        'That is not a key id: it has 43 letters, digits, "-" and "_".',
        'Copy it whole.',
      );
    if (configured !== undefined) {
      throw failure(
        'usage',
        'The trusted key is set in your configuration.',
        'Change kid there (config.json, TWOFOLD_KID or --kid).',
      );
    }
    const trusted = await context.pins.find(console);
    if (trusted !== undefined && trusted !== kid && !options.yes) await demandConsent(context, trusted, kid);
    await context.pins.keep(console, kid);
    return {
      json: { console, trustedKey: kid, configured: false },
      text: `From now on, secrets for ${console} are sealed only to ${kid}.`,
    };
  },
});
