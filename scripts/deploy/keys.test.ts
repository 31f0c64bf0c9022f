import { expect } from 'chai';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { render } from '../../manifests/kustomize.ts';
import { CONSOLE_KEY_FILES, makeConsoleKeys, publicTicketKeys, type JwkSet } from './console-keys.ts';
import { DeployError } from './failure.ts';
import { checkKeys, makeKeys, makeKeySecrets, planKeys, type KeyPlan } from './keys.ts';
import type { Kubectl } from './kubectl.ts';
import { readRendering, type Rendering } from './rendering.ts';

function at(name: string) {
  return { namespace: `twofold-${name.split('-')[0] ?? ''}`, name };
}
const ALL = [
  'console-keys',
  'console-public-keys',
  'keyservice-envelope',
  'keyservice-grant',
  'keyservice-public-keys',
].map(at);
const TLS = ['console-tls', 'keyservice-tls'].map(at);
function without(...names: readonly string[]) {
  return ALL.filter(({ name }) => !names.includes(name));
}
function reasonOf(plan: KeyPlan): string {
  return plan.action === 'refuse' ? `${plan.why} → ${plan.next}` : plan.action;
}
function plan(mounted = ALL, existing: typeof ALL = [], given = false): KeyPlan {
  return planKeys({ mounted, existing, given });
}

describe('keys of an installation', () => {
  it('are all made where none exists', () => {
    expect(plan([...ALL, ...TLS], TLS)).to.deep.equal({ action: 'make', secrets: ALL });
  });

  it('are kept where all exist', () => {
    expect(plan([...ALL, ...TLS], ALL)).to.deep.equal({ action: 'keep' });
  });

  it('are never made again for one that is lost: what is stored could no longer be read', () => {
    for (const { name } of ALL)
      expect(reasonOf(plan(ALL, without(name))), name)
        .to.include(name)
        .and.to.include('unreadable');
  });

  it('are the operator’s where the RSA key is not in a Secret', () => {
    expect(reasonOf(plan(without('keyservice-envelope')))).to.include('along with that key');
  });

  it('accept no public half from outside where the console’s keys are made here', () => {
    expect(reasonOf(plan(ALL, [], true))).to.include('leave KEYS out');
    expect(reasonOf(plan(ALL, ALL, true))).to.include('leave KEYS out');
  });

  describe('where the overlay takes the console’s from outside', () => {
    const mounted = without('console-keys');
    const others = without('console-keys', 'keyservice-public-keys');
    const half = [at('keyservice-public-keys')];

    it('are made except for these, with the public half of the ticket key that the operator gives', () => {
      expect(plan(mounted, [], true)).to.deep.equal({ action: 'make', secrets: [...others, ...half] });
    });

    it('are not made without that half: the keyservice could verify no ticket', () => {
      expect(reasonOf(plan(mounted))).to.match(/lacks the public half.*make keys DIR=.*KEYS=/);
    });

    it('are kept with or without it once it exists', () => {
      expect(plan(mounted, mounted)).to.deep.equal({ action: 'keep' });
      expect(plan(mounted, mounted, true)).to.deep.equal({ action: 'keep' });
    });

    it('get that half back where only it is lost: it is not a new key', () => {
      expect(plan(mounted, others, true)).to.deep.equal({ action: 'make', secrets: half });
      expect(reasonOf(plan(mounted, others))).to.include('lacks the public half');
    });

    it('are made where the operator has already created that half', () => {
      expect(plan(mounted, half)).to.deep.equal({ action: 'make', secrets: others });
    });

    it('are never made again for another one that is lost', () => {
      for (const { name } of others)
        for (const given of [false, true])
          expect(
            reasonOf(
              plan(
                mounted,
                mounted.filter((one) => one.name !== name),
                given,
              ),
            ),
          ).to.include('unreadable');
    });
  });

  const keyOf = (secrets: Awaited<ReturnType<typeof makeKeySecrets>>, name: string, file: string) => {
    const text = secrets.find(({ metadata }) => metadata.name === name)?.stringData[file] ?? '';
    const { keys } = JSON.parse(text) as { keys: [Record<string, string>] };
    return keys[0];
  };

  it('are matching halves, each private one only in its own zone', async () => {
    const secrets = await makeKeySecrets();
    for (const [privateName, privateFile, publicName, file] of [
      ['console-keys', 'ticket.json', 'keyservice-public-keys', 'ticket.json'],
      ['keyservice-envelope', 'keys.json', 'console-public-keys', 'envelope.json'],
      ['keyservice-grant', 'keys.json', 'console-public-keys', 'grant.json'],
    ] as const) {
      const key = createPrivateKey({ key: keyOf(secrets, privateName, privateFile), format: 'jwk' });
      const half = keyOf(secrets, publicName, file);
      expect(createPublicKey(key).export({ format: 'jwk' })).to.deep.equal(half);
      expect(half).not.to.have.property('d');
    }
    expect(secrets.map(({ metadata }) => metadata.name)).to.deep.equal(ALL.map(({ name }) => name));
  });
});

interface Stored {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly stringData: Readonly<Record<string, string>>;
}

/** A cluster's Secrets, as far as keys are concerned; nothing else is requested of it. */
function cluster(volume = false) {
  const stored = new Map<string, Stored>();
  const unexpected = (): never => {
    throw new Error('not asked for here');
  };
  const kubectl: Kubectl = {
    run: (args) => {
      if (args[1] === 'secrets') {
        const here = [...stored.values()].filter(({ metadata }) => args[3] === metadata.namespace);
        return Promise.resolve(here.map(({ metadata }) => `${metadata.name}\n`).join(''));
      }
      const text = stored.get(args[2] ?? '')?.stringData['ticket.json'] ?? '';
      return Promise.resolve(Buffer.from(text).toString('base64'));
    },
    find: <T>() => Promise.resolve((volume ? {} : undefined) as T | undefined),
    apply: (objects) => {
      // Only Secrets of keys are applied here.
      for (const object of objects as Stored[]) stored.set(object.metadata.name, object);
      return Promise.resolve();
    },
    attempt: unexpected,
    list: unexpected,
  };
  return { kubectl, stored };
}

describe('keys that confer authority', function () {
  this.timeout(120_000);
  const production = ['sqlite', 'postgres'] as const;
  const renderings = new Map<string, Rendering>();
  const renderingOf = (overlay: string): Rendering => {
    const known = renderings.get(overlay) ?? readRendering(render(`overlays/${overlay}`));
    renderings.set(overlay, known);
    return known;
  };
  const ensure = async (
    { kubectl }: ReturnType<typeof cluster>,
    overlay: string,
    ticketKeys?: JwkSet,
  ): Promise<string> => {
    const said: string[] = [];
    const options = { ticketKeys, say: (line: string) => said.push(line) };
    await makeKeys(kubectl, await checkKeys(kubectl, renderingOf(overlay), options), options);
    return said.join('\n');
  };
  const failure = async (doing: Promise<unknown>): Promise<string> => {
    const error: unknown = await doing.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof DeployError)) throw new Error('it was not refused', { cause: error });
    return `${error.message} → ${error.next}`;
  };

  for (const overlay of production) {
    it(`of the console reach no Secret in overlays/${overlay}, except the public half`, async () => {
      const keys = await makeConsoleKeys();
      const there = cluster();
      await ensure(there, overlay, publicTicketKeys(keys['ticket.json']));
      const all = [...there.stored.values()];
      expect(all.map(({ metadata }) => metadata.name)).to.have.members(
        without('console-keys').map(({ name }) => name),
      );
      const jwks = all.flatMap(({ metadata, stringData }) =>
        Object.values(stringData).flatMap((text) =>
          (JSON.parse(text) as JwkSet).keys.map((key) => ({ ...key, zone: metadata.namespace })),
        ),
      ) as readonly Record<string, unknown>[]; // what was made above
      expect(jwks.filter(({ kty }) => kty === 'oct')).to.deep.equal([]);
      const isPrivate = (key: Record<string, unknown>): boolean => 'd' in key;
      expect(jwks.filter(isPrivate).map(({ zone }) => zone)).to.deep.equal([
        'twofold-keyservice',
        'twofold-keyservice',
      ]);
      const text = JSON.stringify(all);
      expect(text).to.include(String(keys['ticket.json'].keys[0]?.['x']));
      for (const file of CONSOLE_KEY_FILES)
        expect(text).not.to.include(String(keys[file].keys[0]?.['k'] ?? keys[file].keys[0]?.['d']));
    });
  }

  it('of the console are in one Secret in the demonstration', async () => {
    const there = cluster();
    expect(await ensure(there, 'demo')).to.include('keys: made console-keys, ');
    expect(Object.keys(there.stored.get('console-keys')?.stringData ?? {})).to.have.members([
      ...CONSOLE_KEY_FILES,
    ]);
    const before = JSON.stringify([...there.stored]);
    expect(await ensure(there, 'demo')).to.equal('keys: all present, unchanged');
    expect(JSON.stringify([...there.stored])).to.equal(before);
  });

  it('are the same in every deployment: another ticket key is refused, none or the same one is fine', async () => {
    const [mine, others] = [await makeConsoleKeys(), await makeConsoleKeys()];
    const there = cluster();
    await ensure(there, 'sqlite', publicTicketKeys(mine['ticket.json']));
    expect(await ensure(there, 'sqlite')).to.equal('keys: all present, unchanged');
    expect(await ensure(there, 'sqlite', publicTicketKeys(mine['ticket.json']))).to.equal(
      'keys: all present, unchanged',
    );
    const why = await failure(ensure(there, 'sqlite', publicTicketKeys(others['ticket.json'])));
    expect(why).to.include('by keys other than the one in KEYS');
  });

  it('get their public half back where the database exists, and nothing else is made', async () => {
    const half = publicTicketKeys((await makeConsoleKeys())['ticket.json']);
    const there = cluster(true);
    expect(await failure(ensure(there, 'sqlite', half))).to.include('the console’s volume exists');
    expect(there.stored.size).to.equal(0);
    const before = cluster();
    await ensure(before, 'sqlite', half);
    for (const [name, each] of before.stored)
      if (name !== 'keyservice-public-keys') there.stored.set(name, each);
    expect(await ensure(there, 'sqlite', half)).to.equal('keys: made keyservice-public-keys');
  });

  it('are all taken back where one cannot be stored, so that the next deployment can make them', async () => {
    const { kubectl, stored } = cluster();
    const deleted: string[] = [];
    const refusing: Kubectl = {
      ...kubectl,
      apply: async (objects) => {
        await kubectl.apply(objects.slice(1));
        throw new Error('exceeded quota');
      },
      attempt: ([verb = '', , name = '']) => {
        if (verb === 'delete' && stored.delete(name)) deleted.push(name);
        return Promise.resolve({ code: 0, stdout: '', stderr: '' });
      },
    };
    const refused: unknown = await ensure({ kubectl: refusing, stored }, 'demo').catch((e: unknown) => e);
    expect(String(refused)).to.include('exceeded quota');
    expect(deleted).to.have.length(4);
    expect(await ensure({ kubectl, stored }, 'demo')).to.include('keys: made console-keys');
  });

  it('that a demonstration left in etcd are named', async () => {
    const there = cluster();
    await ensure(there, 'demo');
    expect(await ensure(there, 'sqlite')).to.match(
      /NOTE: the Secret console-keys is still in twofold-console/,
    );
  });
});
