import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { deriveInnerKey } from '#envelope/derive.ts';
import { openInner } from '#envelope/inner/open.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';
import { parseEnvelope } from '#envelope/outer/layout.ts';
import { eventually } from '../../eventually.ts';
import { connect, orphans, sidOf } from '../cluster/connection.ts';
import {
  auditLog,
  databaseFiles,
  envelopeOf,
  everyObject,
  filesBelow,
  foundInMemory,
  inState,
  outputOf,
  userKeys,
  type UserKey,
} from './remains.ts';
import { marker, markers } from '../sessions/marker.ts';
import { volumeFolder } from '../cluster/node.ts';
import { pod, uniqueName } from '../sessions/pods.ts';
import { createSearch, needlesOf, type Search } from './search.ts';

/** Fernet: the first characters hold the version, the time and the first random bytes; the next are unique. */
const TOKEN_PART = [16, 80] as const;

/** The inner tokens of all session Secrets ever created, from the API server's audit log. */
async function innerTokens(auditedSecrets: string): Promise<ReadonlySet<string>> {
  const tokens = new Set<string>();
  for await (const line of createInterface({ input: createReadStream(auditedSecrets) })) {
    if (!line.includes('"verb":"create"') || !line.includes('"twofold.dev/session"')) continue;
    const { requestObject } = JSON.parse(line) as { requestObject?: { data?: Record<string, string> } }; // audit.k8s.io/v1
    for (const value of Object.values(requestObject?.data ?? {})) {
      const text = Buffer.from(value, 'base64').toString('latin1');
      if (text.startsWith('gAAAA')) tokens.add(text);
    }
  }
  return tokens;
}

describe('what the whole run left behind', function () {
  this.timeout(120_000);
  const cluster = connect();
  const name = uniqueName('canary');
  let dir: string;
  let plaintext: string;
  let keys: readonly UserKey[];
  let tokens: ReadonlySet<string>;
  let sid: string;
  let volume: string;
  let search: Search;
  let audit: Awaited<ReturnType<typeof auditLog>>;
  let objects: Awaited<ReturnType<typeof everyObject>>;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'twofold-canary-'));
    const alice = cluster.person('alice');
    plaintext = marker();
    await alice.store(name, plaintext);
    const { annotations } = await alice.ticket({ namespace: cluster.sessions, secrets: [name] });
    alice.close();
    await cluster.create(pod({ name, annotations }));
    const running = await cluster.ready(name);
    [sid, volume] = [sidOf(running), volumeFolder(running, 'twofold-files')];
    [audit, objects, keys] = await Promise.all([auditLog(dir), everyObject(dir), userKeys(cluster)]);
    tokens = await innerTokens(audit.secrets);
    search = createSearch([
      ...markers().flatMap((text, at) => needlesOf(`plaintext ${at + 1}`, Buffer.from(text))),
      ...keys.flatMap(({ ownerId, gen, key }) =>
        needlesOf(`user key ${gen} of ${ownerId}`, Buffer.from(key)),
      ),
      ...[...tokens].flatMap((token, at) =>
        needlesOf(`inner token ${at + 1}`, Buffer.from(token.slice(...TOKEN_PART))),
      ),
      ...needlesOf('this session', Buffer.from(sid)),
      ...needlesOf('this pod', Buffer.from(running.metadata?.uid ?? '')),
      ...needlesOf('the console’s address', Buffer.from(cluster.endpoints.console)),
    ]);
  });
  after(async () => {
    rmSync(dir, { recursive: true, force: true });
    await cluster.remove('pod', name);
  });

  /** What any of the files contain of it; the files must exist. */
  const found = (files: readonly string[]): readonly string[] => {
    expect(files).to.not.deep.equal([]);
    return [...new Set(files.flatMap((file) => [...search.inFile(file)]))];
  };
  const ofKind = (all: readonly string[], kind: RegExp): readonly string[] =>
    all.filter((what) => kind.test(what));
  const secret = /^(plaintext|user key) /;
  const token = /^inner token /;

  it('includes no Lease and no Secret of a session whose pod is gone', async () => {
    for (const namespace of cluster.endpoints.namespaces.sessions) {
      await eventually(
        `nothing is left in ${namespace}`,
        async () => (await orphans(cluster, namespace)).length === 0,
      );
    }
  });

  it('can be searched: the plaintext is found in the session’s memory volume, where it belongs', () => {
    expect(ofKind(found(filesBelow(volume)), secret)).to.deep.equal([`plaintext ${markers().length} (raw)`]);
  });

  it('can be searched for user keys: one of them opens the session’s inner token', async () => {
    const { header } = parseEnvelope(await envelopeOf(cluster, name));
    const { key } = keys.find(({ ownerId, gen }) => ownerId === header.ownerId && gen === header.gen)!;
    const inner = await deriveInnerKey(nodeCipher, key, header);
    const { data } = await cluster.core.readNamespacedSecret({
      name: `twofold-${sid}`,
      namespace: cluster.sessions,
    });
    const kept = Buffer.from(data?.[header.secretId] ?? '', 'base64').toString('utf8');
    expect([...tokens]).to.include(kept);
    expect(Buffer.from(await openInner(nodeCipher, inner, kept)).toString()).to.equal(plaintext);
  });

  interface Place {
    readonly what: string;
    readonly look: () => readonly string[] | Promise<readonly string[]>;
    /** Must be found there, which proves that the search works. */
    readonly control: RegExp;
    /** Inner tokens: `expected` where sessions' Secrets are stored, `passing` where they may be for a moment. */
    readonly tokens: 'expected' | 'passing' | 'absent';
  }
  const session = /^this session/;
  const podUid = /^this pod/;
  const address = /^the console’s address/;
  const places: readonly Place[] = [
    {
      what: 'etcd’s files',
      look: () => found(filesBelow(inState('etcd'))),
      control: session,
      tokens: 'expected',
    },
    // Its policy records the bodies of Secrets too, as no production cluster should.
    {
      what: 'the audit records of Secrets',
      look: () => found([audit.secrets]),
      control: session,
      tokens: 'expected',
    },
    {
      what: 'all other audit records',
      look: () => found([audit.others]),
      control: session,
      tokens: 'absent',
    },
    {
      what: 'the Secrets in the API',
      look: () => found([objects.secrets]),
      control: session,
      tokens: 'expected',
    },
    {
      what: 'everything else in the API',
      look: () => found([objects.others]),
      control: session,
      tokens: 'absent',
    },
    {
      what: 'the events',
      look: async () => {
        const get = ['kubectl', 'get', 'events', '--all-namespaces', '--output=yaml'] as const;
        return found([await outputOf(join(dir, 'events.yaml'), get)]);
      },
      control: podUid,
      tokens: 'absent',
    },
    {
      what: 'every container’s log',
      look: () => found(filesBelow(inState('log', 'pods')).concat(filesBelow(inState('log', 'ended')))),
      control: session,
      tokens: 'absent',
    },
    {
      what: 'the logs of Kubernetes itself',
      look: () =>
        found(
          filesBelow(inState('log')).filter(
            (file) => file.endsWith('.log') && dirname(file) === inState('log'),
          ),
        ),
      control: podUid,
      tokens: 'absent',
    },
    {
      what: 'the console’s database with its write-ahead log',
      look: () => found(databaseFiles(cluster.endpoints.database)),
      control: session,
      tokens: 'absent',
    },
    {
      what: 'the memory of the webhook',
      look: () => foundInMemory(cluster, 'webhook', search),
      control: address,
      tokens: 'passing',
    },
    {
      what: 'the memory of the keyservice',
      look: () => foundInMemory(cluster, 'keyservice', search),
      control: address,
      tokens: 'passing',
    },
  ];
  const inWords = { expected: ', but inner tokens', passing: '', absent: ', nor an inner token' } as const;
  for (const { what, look, control, tokens: wanted } of places) {
    it(`holds no plaintext and no user key in ${what}${inWords[wanted]}`, async () => {
      const all = await look();
      expect(ofKind(all, control), 'the control').to.not.deep.equal([]);
      expect(ofKind(all, secret)).to.deep.equal([]);
      if (wanted === 'expected') expect(ofKind(all, token)).to.not.deep.equal([]);
      if (wanted === 'absent') expect(ofKind(all, token)).to.deep.equal([]);
    });
  }
});
