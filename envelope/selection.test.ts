import { expect } from 'chai';
import { fc } from '../test/properties.ts';
import {
  countFolders,
  encodeFiles,
  encodeVariables,
  parseFiles,
  parseVariables,
  selectedNames,
} from './selection.ts';

function problemOf(selected: ReturnType<typeof parseFiles | typeof parseVariables>): string {
  return selected.ok ? 'accepted' : selected.problem;
}

describe('the selection of secrets', () => {
  it('names each file after its secret, or as given', () => {
    const selected = parseFiles('db-password=pg/password,db-password=legacy.txt,aws-key');
    expect(selected).to.deep.equal({
      ok: true,
      value: [
        { name: 'db-password', path: 'pg/password' },
        { name: 'db-password', path: 'legacy.txt' },
        { name: 'aws-key', path: 'aws-key' },
      ],
    });
    if (selected.ok) expect(selectedNames(selected.value)).to.deep.equal(['db-password', 'aws-key']);
  });

  const refused: Record<string, string> = {
    '': 'it is empty',
    ',': 'entry 1 is empty',
    'a,': 'entry 2 is empty',
    'a,,b': 'entry 2 is empty',
    'a, b': 'white space',
    'a\nb': 'white space',
    'a,a': 'named twice',
    'a=x,b=x': 'named twice',
    'a,b=a': 'named twice',
    'a,b=a/b': 'both a file and the folder',
    'b=x/y/z,c=x/y': 'both a file and the folder',
    'a=': 'is not a file name',
    '=a': 'is not a secret’s name',
    'a=/etc/passwd': 'is not a file name',
    'a=../b': 'is not a file name',
    'a=b/../c': 'is not a file name',
    'a=..data': 'is not a file name',
    'a=b//c': 'is not a file name',
    'a=b/': 'is not a file name',
    'a=.': 'is not a file name',
    'a=b=c': 'is not a file name',
    '..': 'is not a secret’s name',
    '.': 'is not a secret’s name',
    ä: 'is not a secret’s name',
    'a\u0000': 'is not a secret’s name',
  };
  for (const [text, problem] of Object.entries(refused)) {
    it(`refuses ${JSON.stringify(text)}: ${problem}`, () => {
      expect(problemOf(parseFiles(text))).to.contain(problem.replace('’', "'"));
    });
  }

  it('accepts 512 files of 256 secrets and no more', () => {
    const files = Array.from({ length: 513 }, (_, at) => `s${at % 256}=f${at}`);
    expect(parseFiles(files.slice(0, 512).join(',')).ok).to.equal(true);
    expect(problemOf(parseFiles(files.join(',')))).to.contain('more than 512');
    expect(problemOf(parseFiles(Array.from({ length: 257 }, (_, at) => `s${at}`).join(',')))).to.contain(
      'more than 256',
    );
  });

  it('cuts what it quotes, so that a pasted value is not repeated in full', () => {
    expect(problemOf(parseFiles(`ä${'x'.repeat(5000)}`)).length).to.be.lessThan(250);
  });

  it('maps variables to secrets, each variable once', () => {
    expect(parseVariables('PGPASSWORD=db-password,PASS=db-password')).to.have.nested.property(
      'value.length',
      2,
    );
    for (const text of ['', 'A', 'A=', '=a', '1A=a', 'A-B=a', 'A=a,A=b', 'A=a b', 'A=../a', 'A=a=b']) {
      expect(parseVariables(text).ok, text).to.equal(false);
    }
  });

  it('reads back what it writes', () => {
    const alphabet = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), minLength: 1, maxLength: 5 });
    const pairs = fc.uniqueArray(fc.tuple(alphabet, alphabet), {
      minLength: 1,
      selector: ([, path]) => path,
    });
    fc.assert(
      fc.property(pairs, (entries) => {
        const files = parseFiles(entries.map(([name, path]) => `${name}=${path}`).join(','));
        if (!files.ok) throw new Error(files.problem);
        expect(parseFiles(encodeFiles(files.value))).to.deep.equal(files);
      }),
    );
    const variables = parseVariables('A=a,B=a');
    if (!variables.ok) throw new Error(variables.problem);
    expect(parseVariables(encodeVariables(variables.value))).to.deep.equal(variables);
  });

  it('counts the folders of its paths, and finds a file where another path needs a folder, as comparing all pairs would', () => {
    const segment = fc.constantFrom('a', 'b', 'a-', 'a.b');
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 8 }), (paths) => {
        const folders = new Set(
          paths.flatMap((each) =>
            each
              .split('/')
              .slice(0, -1)
              .map((_, at, all) => all.slice(0, at + 1).join('/')),
          ),
        );
        const apart = new Set(paths).size === paths.length && !paths.some((each) => folders.has(each));
        const files = parseFiles(paths.map((each) => `s=${each}`).join(','));
        expect(files.ok).to.equal(apart);
        if (files.ok) expect(countFolders(files.value.map(({ path: each }) => each))).to.equal(folders.size);
      }),
      { numRuns: 500 },
    );
  });
});
