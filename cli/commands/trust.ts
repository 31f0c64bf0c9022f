/** `trust`: which key to seal to. Zone 0. */
import { parseKid } from '#envelope/names.ts';
import { command } from '../command.ts';
import { failure } from '../failure.ts';

export const trust = command({
  name: 'trust',
  summary: 'Show the key that is sealed to, or trust another after it was rotated.',
  detail:
    'A key’s id is a fingerprint of the key itself (RFC 7638). Compare it with what your operator publishes, not by way\n' +
    'of the console: whoever controlled the console could offer a key of their own.',
  positionals: [{ name: 'KID', doc: 'the id of the key to trust from now on', optional: true }],
  options: {},
  examples: [
    { line: 'twofold trust', doc: 'Which key it is' },
    {
      line: 'twofold trust NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
      doc: 'After the operator has confirmed it',
    },
  ],
  run: async (context, { positionals: [text] }) => {
    const console = context.console();
    const configured = context.settings.kid;
    if (text === undefined) {
      const key = configured ?? (await context.pins.find(console)) ?? null;
      return {
        json: { console, trustedKey: key, configured: configured !== undefined },
        text: key ?? 'No key is trusted yet: the first that the console offers will be.',
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
        'The trusted key is in your configuration.',
        'Change kid there (config.json, TWOFOLD_KID or --kid).',
      );
    }
    await context.pins.keep(console, kid);
    return {
      json: { console, trustedKey: kid, configured: false },
      text: `From now on sealing for ${console} to no other key than ${kid}.`,
    };
  },
});
