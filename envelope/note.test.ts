import { expect } from 'chai';
import { looksLikeValue, MAX_NOTE_LENGTH, parseNote } from './note.ts';

describe('a note', () => {
  it('is one line of at most 200 characters, however many bytes, without the space around it', () => {
    expect(parseNote('  for the lab’s database \n')).to.equal('for the lab’s database');
    for (const one of ['x', 'é', '漢', '\u{1f511}']) {
      expect(parseNote(one.repeat(MAX_NOTE_LENGTH))).to.equal(one.repeat(MAX_NOTE_LENGTH));
      expect(parseNote(one.repeat(MAX_NOTE_LENGTH + 1)), one).to.equal(undefined);
    }
    expect(parseNote(' ')).to.equal('');
  });

  it('has no control character, line break, half a character, or change of direction', () => {
    for (const foreign of ['\n', '\r', '\t', '\0', '\x1b', '\x7f', '\u2028', '\ud800', '\u202e', '\u2066'])
      expect(parseNote(`a${foreign}b`), JSON.stringify(foreign)).to.equal(undefined);
  });

  it('is asked about where it looks like a value', () => {
    for (const note of [
      'hunter2',
      'password: hunter2',
      'the lab’s token=abc',
      'postgres://app:correct@db.example.org/x',
      'ghp_0123456789abcdefghij',
      'key AKIAIOSFODNN7EXAMPLE of the bucket',
      'it is eyJhbGciOiJub25lIn0.e30.',
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'use Tr0ub4dor&3x for now',
      '9f86d081884c7d659a2feaa0c55ad015',
      'P@ssw0rd',
    ])
      expect(looksLikeValue(note), note).to.equal(true);
    expect(looksLikeValue('it is correct horse, of course', 'correct horse\n')).to.equal(true);
  });

  it('is not asked about where it is a remark', () => {
    for (const note of [
      '',
      'read-only account of the lab’s database',
      'Ask Ada for a new one, ada.lovelace@example.org',
      'replaces INFRA-12345; rotated 2026-11-26T21:00:00Z',
      'https://wiki.example.org/Secrets2026/How?page=2#Rotation1',
      'analytics-db-01.example.org, port 5432',
      'key for the archive: see the wiki',
      'Zugang für das Archiv',
      'アーカイブ用',
    ])
      expect(looksLikeValue(note), note).to.equal(false);
    expect(looksLikeValue('for the db', 'db')).to.equal(false);
  });
});
