import { expect } from 'chai';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { HttpReply } from '#platform/https-server.ts';
import { exitCodes, type FailureKind } from './outcome.ts';
import { problem, reply, type Claims } from './testing/claims.ts';
import { TOKEN, type Session, type SessionOptions } from './testing/session.ts';
import { MARKER, startStage, type Stage } from './testing/stage.ts';
import { stranger } from '../test/stranger.ts';

interface Case {
  readonly says: RegExp;
  readonly options?: Partial<SessionOptions>;
  readonly env?: (claims: Claims) => Readonly<Record<string, string>>;
  readonly prepare?: (of: Session) => void;
  /** An honest answer by default. */
  readonly answer?: (of: Session) => HttpReply | Promise<HttpReply>;
  /** How often the console is called, at least and at most. */
  readonly asked?: readonly [number, number];
}

const never = [0, 0] as const;
const once = [1, 1] as const;
const again = [2, 20] as const;
function inSession(of: Session, name: string): string {
  return join(of.dir, 'session', name);
}
function tokenOf(of: Session, name: string): string {
  return inSession(of, of.idOf.get(name) ?? '');
}

function told(status: number, code: string): Readonly<Record<string, Case>> {
  return {
    [`the console answers ${status} ${code}`]: {
      asked: once,
      says: new RegExp(`refused the claim: what to do next \\[${code}\\]`),
      answer: () => problem(status, code),
    },
  };
}

function answers(says: RegExp, answer: Case['answer'] & object, asked: Case['asked'] & object = once): Case {
  return {
    says,
    answer,
    asked,
  };
}

/** One answer to the first request, another to all others. */
function firstly(first: HttpReply, others: () => Promise<HttpReply>): () => HttpReply | Promise<HttpReply> {
  let asked = 0;
  return () => ((asked += 1) === 1 ? first : others());
}

type Keys = Session['answer']['keys'];
function keys(change: (keys: Keys) => unknown): Case {
  return answers(/keys other than the grant’s/, (of) => reply({ keys: change(of.answer.keys) }));
}

function variable(value: Buffer): Case {
  return {
    says: /the secret pin holds bytes that a variable cannot; select it as a file instead/,
    options: { files: '', variables: 'PIN=pin', secrets: { pin: value } },
  };
}

/** Every class of failure, and all that leads to it. */
const cases: Readonly<
  Record<Exclude<FailureKind, 'unexpected' | 'volume_full'>, Readonly<Record<string, Case>>>
> = {
  refused: {
    ...told(401, 'token_rejected'),
    ...told(403, 'session_unknown'),
    ...told(403, 'pod_differs'),
    ...told(403, 'session_bound_to_another_pod'),
    ...told(403, 'uses_exceeded'),
    'the console answers another 4xx': answers(/status 404/, () => reply('', 404)),
    'the console redirects': answers(/status 302/, () => reply('', 302)),
    'the console answers garbage': answers(/keys other than/, () => ({ status: 200, body: '<html>' })),
    'the console answers with a key missing': keys((all) => all.slice(1)),
    'the console answers with a key twice': keys((all) => [...all, ...all.slice(1)]),
    'the console answers with a foreign key as well': keys((all) => [
      ...all,
      { id: randomUUID(), key: 'A'.repeat(43) },
    ]),
    'the console answers with a key of 16 bytes': keys((all) =>
      all.map((key) => ({ ...key, key: 'A'.repeat(22) })),
    ),
    'a variable would not be text': variable(Buffer.of(0xff, 0xfe)),
    'a variable would hold a NUL': variable(Buffer.from(`${MARKER}\0`)),
    'a variable would hold a quote': variable(Buffer.from(`${MARKER}'`)),
    'a variable would hold a carriage return': variable(Buffer.from(`${MARKER}\r\n`)),
    'a variable cannot be written, though all files could': {
      says: /the secret bytes holds/,
      options: { variables: 'KEY=bytes', secrets: { a: Buffer.from(MARKER), bytes: Buffer.of(0) } },
    },
  },
  expired: {
    ...told(403, 'ticket_revoked'),
    ...told(403, 'grant_expired'),
    ...told(410, 'secret_expired'),
    ...told(410, 'secret_deleted'),
  },
  tampered: {
    'the grant was replaced': {
      says: /grant is not the admitted one/,
      asked: never,
      prepare: (of) => writeFileSync(inSession(of, 'grant'), `${of.grant}x`),
    },
    'the roots were replaced': {
      says: /ca\.crt is not the admitted one/,
      asked: never,
      prepare: (of) => writeFileSync(inSession(of, 'ca.crt'), stranger().cert),
    },
    'there is no grant': {
      says: /has no grant/,
      asked: never,
      prepare: (of) => rmSync(inSession(of, 'grant')),
    },
    'a secret is not in the grant': {
      says: /does not hold the secret other/,
      asked: never,
      env: () => ({ TWOFOLD_FILES: 'other' }),
    },
    'an inner token is missing': {
      says: /has no [0-9a-f-]{36}/,
      prepare: (of) => rmSync(tokenOf(of, 'aws-key')),
    },
    'an inner token is damaged': {
      says: /aws-key is not what was sealed/,
      prepare: (of) => writeFileSync(tokenOf(of, 'aws-key'), 'gAAAAA'),
    },
    'an inner token belongs to another secret': {
      says: /db-password is not what was sealed/,
      prepare: (of) => renameSync(tokenOf(of, 'aws-key'), tokenOf(of, 'db-password')),
    },
    'the volume is a link': {
      says: /not a plain folder/,
      prepare: (of) => {
        const folder = join(of.dir, 'files');
        renameSync(folder, `${folder}-elsewhere`);
        symlinkSync(`${folder}-elsewhere`, folder);
      },
    },
  },
  unreachable: {
    'the console is down': {
      says: /within 1 s: .*ECONNREFUSED.* tries again/,
      asked: never,
      env: () => ({ TWOFOLD_CLAIM_URL: 'https://127.0.0.1:1/internal/v1/claim' }),
    },
    'the console fails': answers(/status 503/, () => problem(503, 'database_unavailable'), again),
    'the console is busy': answers(/status 429/, () => problem(429, 'rate_limited'), again),
    'the console is slow': answers(/no answer from 127\.0\.0\.1/, () => wait(1_300, reply({})), once),
    'the console fails, and is then too slow to say so again': answers(
      /status 503/,
      firstly(problem(503, 'database_unavailable'), () => wait(1_300, reply({}))),
      again,
    ),
    'the console answers too much': answers(
      /more than 131072 bytes/,
      () => ({ status: 200, body: 'x'.repeat(200_000) }),
      again,
    ),
    'the console’s certificate is for another name': {
      says: /certificate is not one from the admitted root .*ALTNAME/,
      asked: never,
      env: ({ unnamedUrl }) => ({ TWOFOLD_CLAIM_URL: unnamedUrl }),
    },
  },
  misconfigured: {
    'there is no service-account token': {
      says: /no service-account token/,
      asked: never,
      prepare: (of) => rmSync(join(of.dir, 'token', 'token')),
    },
    'one of the webhook’s variables is missing': {
      says: /TWOFOLD_FILE_MODE/,
      asked: never,
      env: () => ({ TWOFOLD_FILE_MODE: '' }),
    },
  },
};

describe('the init container', function () {
  this.timeout(30_000);
  let stage: Stage;

  before(async () => {
    stage = await startStage();
  });
  after(() => stage.close());

  const expectFailure = async (kind: FailureKind, of: Session, given: Case): Promise<void> => {
    const { code, message, output } = await stage.run(of, { env: given.env?.(stage.claims) ?? {} });
    expect(message).to.match(given.says);
    expect(code).to.equal(exitCodes[kind]);
    expect(message).to.match(/^twofold: [^\n]+; [^\n]+ \([a-z_]+\)$|\[[a-z_]+\]|status \d+/);
    expect(output).to.equal(`${message}\n`);
    expect(stage.claims.asked().length).to.be.within(...(given.asked ?? once));
    for (const folder of ['files', 'env']) expect(readdirSync(join(of.dir, folder))).to.deep.equal([]);
    for (const hidden of [MARKER, TOKEN, of.grant, ...of.answer.keys.map(({ key }) => key)])
      expect(output).not.to.contain(hidden);
  };

  for (const [kind, group] of Object.entries(cases) as [keyof typeof cases, Record<string, Case>][]) {
    describe(`exits with ${exitCodes[kind]} (${kind}), one line and empty volumes when`, () => {
      for (const [title, given] of Object.entries(group)) {
        it(title, async () => {
          const of = await stage.session(given.options);
          given.prepare?.(of);
          const { answer } = given;
          if (answer) stage.claims.answerWith(() => answer(of));
          await expectFailure(kind, of, given);
        });
      }
    });
  }

  it(`exits with ${exitCodes.unreachable} when the console’s certificate is from another root`, async () => {
    const says = /certificate is not one from the admitted root/;
    await expectFailure('unreachable', await stage.session({ ca: stranger().cert }), { says, asked: never });
  });

  it(`exits with ${exitCodes.volume_full} when the volume is full, and leaves nothing in it`, async () => {
    const secrets = { a: randomBytes(3_000), b: randomBytes(50_000), c: randomBytes(10) };
    const of = await stage.session({ secrets });
    const folder = join(of.dir, 'files');
    // In its own mount namespace: nothing stays mounted, and it works with or without root.
    const script = `mount -t tmpfs -o size=32k tmpfs '${folder}' || exit 99; "$@"; code=$?; ls -A '${folder}'; exit $code`;
    const command = ['unshare', '-rm', 'sh', '-c', script, 'sh', process.execPath] as const;
    const { code, message, output } = await stage.run(of, { command });
    expect(code, `this test mounts a tmpfs with unshare -rm: ${output}`).to.equal(exitCodes.volume_full);
    expect(message).to.contain('the memory volume is full; ask for fewer or smaller secrets');
    expect(output).to.equal(`${message}\n`);
  });

  it(`exits with ${exitCodes.unexpected} on an unexpected error, and does not repeat its message`, async () => {
    const of = await stage.session();
    rmSync(join(of.dir, 'token'), { recursive: true });
    mkdirSync(join(of.dir, 'token'));
    writeFileSync(join(of.dir, 'token', 'token'), `${TOKEN}\nno header may hold this`);
    const { code, message } = await stage.run(of);
    expect(code).to.equal(exitCodes.unexpected);
    expect(message).to.equal(
      'twofold: the init container failed (TypeError, ERR_INVALID_CHAR); tell the cluster’s operator (unexpected)',
    );
  });
});
