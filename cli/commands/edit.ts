/** `secrets edit`: what a secret has besides its value. Zone 0; docs/design.md#database. */
import { localZone } from '#envelope/expiry.ts';
import { dataOf } from '../api/client.ts';
import { command } from '../command.ts';
import { failure } from '../failure.ts';
import { demandNote, demandReadable, noteOptions } from '../note.ts';
import { parseExpiry, toldExpiry } from '../time.ts';
import { demandName, demandVersion, expiresOption } from './secrets.ts';

export const edit = command({
  name: 'secrets edit',
  summary: 'Change when a secret expires, and its note; the value stays.',
  detail:
    'What you do not name stays as it is. Running sessions keep what they have. A name never changes: add another secret,\n' +
    'and delete this one.',
  positionals: [{ name: 'NAME', doc: 'name of the secret' }],
  options: {
    expires: expiresOption,
    ...noteOptions,
    'if-version': { value: 'N', doc: 'Only if this is still its version (see list).' },
  },
  examples: [
    { line: 'twofold secrets edit db-password --expires 2027-01-31', doc: 'Until the end of that day here' },
    { line: 'twofold secrets edit db-password --expires never', doc: 'No expiry' },
    { line: "twofold secrets edit db-password --note 'read-only, of the lab'", doc: "A note; '' removes it" },
  ],
  run: async (context, { positionals: [text = ''], options }) => {
    const name = demandName(text);
    const zone = localZone();
    const { expires, yes } = options;
    const note = demandNote(options.note);
    if (expires === undefined && note === undefined)
      throw failure('usage', 'Nothing is named that changes.', 'Add --expires WHEN, --note TEXT, or both.');
    const body = {
      ...(expires === undefined ? {} : { expiresAt: parseExpiry(expires, { nowMs: context.now(), zone }) }),
      ...(note === undefined ? {} : { note }),
    };
    const ifVersion = demandVersion(options['if-version']);
    await demandReadable(context, note, { yes });
    const header = ifVersion === undefined ? {} : { 'If-Match': `"${ifVersion}"` };
    const params = { path: { name }, header };
    const changed = dataOf(await (await context.api()).PATCH('/api/v1/secrets/{name}', { params, body }));
    const expiry =
      changed.expiresAt === null
        ? 'It never expires.'
        : `It expires at ${toldExpiry(changed.expiresAt, zone)}.`;
    const noted = changed.note === null ? 'It has no note.' : `Its note: ${changed.note}`;
    return { json: changed, text: `Changed ${name}; its value stays.\n${expiry}\n${noted}` };
  },
});
