import { expect } from 'chai';
import { interpret, runCommandLine, UsageError } from './command-line.ts';
import { commandOf, exitCodes, type Program } from './commands.ts';

const command = commandOf<string, number>();
const ran: unknown[] = [];

const program: Program<string, number> = {
  name: 'tool',
  call: 'node tool.ts',
  summary: 'for tests.',
  commands: [
    command({
      name: 'boxes fill',
      summary: 'Fill boxes.',
      positionals: [{ name: 'BOX', doc: 'which', many: true }],
      options: {
        with: { value: 'THING', required: true, doc: 'What.' },
        also: { value: 'THING', many: true, doc: 'What else.' },
        mode: { value: ['gentle', 'rough'], short: 'm', doc: 'How.' },
        label: { value: 'TEXT', doc: 'What is written on it.' },
        closed: { doc: 'Afterwards.' },
      },
      run: (context, input) => {
        ran.push([context, input]);
        return Promise.resolve(7);
      },
    }),
    command({
      name: 'boxes list',
      summary: 'List boxes.',
      options: {},
      storesValue: 'Write it down',
      run: () => Promise.reject(new UsageError('There are no boxes.')),
    }),
  ],
  options: { colour: { value: 'NAME', doc: 'Of what is printed.' } },
  exitCodes,
};

const single: Program<string, number> = {
  name: 'one',
  summary: 'one command.',
  commands: [
    command({
      name: '',
      summary: 'Do it.',
      positionals: [{ name: 'WHAT', doc: 'what', optional: true }],
      options: { keep: { doc: 'Afterwards.' } },
      run: (context, input) => {
        ran.push([context, input]);
        return Promise.resolve(0);
      },
    }),
  ],
  exitCodes,
};

async function run(line: string, of = program) {
  const printed = { out: '', err: '' };
  const code = await runCommandLine(
    of,
    line.split(' ').filter((word) => word !== ''),
    'context',
    {
      out: (text) => (printed.out += text),
      err: (text) => (printed.err += text),
    },
  );
  return { code, ...printed };
}

describe('a command line', () => {
  it('gives a command its arguments and every option of its table, and returns its exit code', async () => {
    ran.length = 0;
    const line = 'boxes fill a --with x --also y b --also=z -m rough --closed --colour red -- -c';
    expect(await run(line)).to.deep.equal({ code: 7, out: '', err: '' });
    const options = { with: 'x', also: ['y', 'z'], mode: 'rough', label: undefined, closed: true };
    expect(ran).to.deep.equal([['context', { positionals: ['a', 'b', '-c'], options }]]);
    expect(interpret(program, line.split(' '))).to.have.deep.property('everywhere', {
      help: false,
      colour: 'red',
    });
  });

  const wrong: readonly (readonly [string, string, string?])[] = [
    ['', 'A command is missing.', 'node tool.ts --help'],
    ['fill', 'There is no such command.', 'node tool.ts --help lists them all.'],
    ['constructor', 'There is no such command.', 'node tool.ts --help lists them all.'],
    [
      'boxes',
      'node tool.ts boxes does nothing by itself.',
      'Use node tool.ts boxes fill, node tool.ts boxes list.',
    ],
    ['boxes fill --with x', 'BOX is missing: which', 'node tool.ts boxes fill --help'],
    ['boxes fill a', '--with is missing: --with THING', 'node tool.ts boxes fill --help'],
    ['boxes fill a --with=', '--with is missing: --with THING', 'node tool.ts boxes fill --help'],
    ['boxes fill a --with', '--with needs a value: --with THING', 'node tool.ts boxes fill --help'],
    ['boxes fill a --with --closed', '--with needs a value: --with THING', 'node tool.ts boxes fill --help'],
    ['boxes fill a --with x --with y', '--with is given twice.', 'Keep one.'],
    ['boxes fill a --with x --closed=no', '--closed takes no value.', 'node tool.ts boxes fill --help'],
    ['boxes fill a --with x --mode kind', '--mode must be gentle or rough.'],
    ...['sort', 'constructor', '__proto__', 'toString'].map(
      (name) =>
        [
          `boxes fill a --${name}`,
          `node tool.ts boxes fill has no option --${name}.`,
          'node tool.ts boxes fill --help',
        ] as const,
    ),
    ['boxes list --colour', '--colour needs a value: --colour NAME', 'node tool.ts boxes list --help'],
    ['boxes list', 'There are no boxes.'],
  ];
  for (const [line, message, next] of wrong) {
    it(`refuses "${line}" with the next step and exit code 2`, async () => {
      const err = `tool: ${message}\n${next === undefined ? '' : `   next: ${next}\n`}`;
      expect(await run(line)).to.deep.equal({ code: 2, out: '', err });
    });
  }

  it('refuses extra arguments', async () => {
    expect((await run('a b', single)).err).to.equal(
      'one: one takes 1 argument, not 2.\n   next: one --help\n',
    );
  });

  it('does not repeat what may be a value, where a command stores values', async () => {
    for (const line of [
      'boxes list hunter2',
      'boxes list --password=hunter2',
      'boxes list --value hunter2',
    ]) {
      const { code, err } = await run(line);
      expect(code).to.equal(2);
      expect(err).to.contain('A value never comes from an argument').and.to.contain('Write it down; see');
      expect(err).not.to.contain('hunter2');
    }
  });

  it('shows help for the program and for a command, which may then lack arguments', async () => {
    for (const line of ['--help', '-h', 'help']) {
      const { code, out, err } = await run(line);
      expect([code, err]).to.deep.equal([0, '']);
      expect(out)
        .to.match(/^tool: for tests\.$/m)
        .and.to.match(/^ {2}boxes fill {16}Fill boxes\.$/m);
      expect(out).to.match(/^ {2}2 {25}wrong usage$/m);
    }
    for (const line of ['boxes fill --help', 'boxes fill -h', 'help boxes fill']) {
      const { code, out } = await run(line);
      expect(code).to.equal(0);
      expect(out).to.match(/^ {2}node tool\.ts boxes fill BOX\.\.\. --with THING \[options\]$/m);
      expect(out).to.match(/^ {2}-m, --mode gentle\|rough {3}How\.$/m);
    }
  });

  it('may be one command without a name', async () => {
    ran.length = 0;
    expect((await run('--keep', single)).code).to.equal(0);
    expect((await run('help', single)).code).to.equal(0);
    expect(ran).to.deep.equal([
      ['context', { positionals: [], options: { keep: true } }],
      ['context', { positionals: ['help'], options: { keep: false } }],
    ]);
    const { out } = await run('--help', single);
    expect(out)
      .to.match(/^ {2}one \[WHAT\] \[options\]$/m)
      .and.not.to.contain('every command');
    expect(out).to.match(/^ {2}-h, --help/m);
  });
});
