/**
 * The keys of a new installation, as Secrets: each zone's own, and only the public halves of others. Made once, all
 * together, and never again: what is stored can be opened with these only. No zone; docs/design.md#keys.
 *
 * | Secret | Namespace | Files | What it is |
 * |---|---|---|---|
 * | console-keys | twofold-console | at-rest, ticket, cookie, record .json | console-keys.ts (only where the overlay keeps them in the cluster) |
 * | console-public-keys | twofold-console | envelope.json, grant.json | RSA and Ed25519, public |
 * | keyservice-envelope | twofold-keyservice | keys.json | RSA, private: opens the outer layer |
 * | keyservice-grant | twofold-keyservice | keys.json | Ed25519, private: signs grants |
 * | keyservice-public-keys | twofold-keyservice | ticket.json | Ed25519, public; the operator's where the console's keys are outside |
 */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { makeConsoleKeys, publicTicketKeys, type Jwk, type JwkSet } from './console-keys.ts';
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import type { Reference, Rendering } from './rendering.ts';

const generate = promisify(generateKeyPair);
const RSA_BITS = 2048;

type KeyPairSets = readonly [privateKeys: JwkSet, publicKeys: JwkSet];

function newPair(type: 'rsa' | 'ed25519') {
  return type === 'rsa' ? generate('rsa', { modulusLength: RSA_BITS }) : generate('ed25519');
}

async function halves(type: 'rsa' | 'ed25519'): Promise<KeyPairSets> {
  const { privateKey, publicKey } = await newPair(type);
  const set = (key: Jwk): JwkSet => ({ keys: [key] });
  return [set(privateKey.export({ format: 'jwk' })), set(publicKey.export({ format: 'jwk' }))];
}

function secret(namespace: string, name: string, files: Readonly<Record<string, JwkSet>>) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/part-of': 'twofold' } },
    type: 'Opaque',
    stringData: Object.fromEntries(Object.entries(files).map(([file, set]) => [file, JSON.stringify(set)])),
  };
}

const CONSOLE_KEYS = 'console-keys';
const ENVELOPE = 'keyservice-envelope';
const TICKET_PUBLIC = 'keyservice-public-keys';

interface ConsoleSide {
  readonly secrets: readonly ReturnType<typeof secret>[];
  /** Public halves, for the keyservice. */
  readonly ticketKeys: JwkSet;
}

async function consoleSide(given: JwkSet | undefined): Promise<ConsoleSide> {
  if (given !== undefined) return { secrets: [], ticketKeys: given };
  const keys = await makeConsoleKeys();
  return {
    secrets: [secret('twofold-console', CONSOLE_KEYS, keys)],
    ticketKeys: publicTicketKeys(keys['ticket.json']),
  };
}

/** Every Secret of the table above; without the console's keys where the public half of their ticket key is given. */
export async function makeKeySecrets(given?: JwkSet): Promise<readonly ReturnType<typeof secret>[]> {
  const [{ secrets, ticketKeys }, [envelope, envelopePublic], [grant, grantPublic]] = await Promise.all([
    consoleSide(given),
    halves('rsa'),
    halves('ed25519'),
  ]);
  return [
    ...secrets,
    secret('twofold-console', 'console-public-keys', {
      'envelope.json': envelopePublic,
      'grant.json': grantPublic,
    }),
    secret('twofold-keyservice', ENVELOPE, { 'keys.json': envelope }),
    secret('twofold-keyservice', 'keyservice-grant', { 'keys.json': grant }),
    secret('twofold-keyservice', TICKET_PUBLIC, { 'ticket.json': ticketKeys }),
  ];
}

const MADE_HERE = [CONSOLE_KEYS, 'console-public-keys', ENVELOPE, 'keyservice-grant', TICKET_PUBLIC];

function textOf({ namespace, name }: Reference): string {
  return `${namespace}/${name}`;
}
function listOf(references: readonly Reference[]): string {
  return references.map(textOf).join(', ');
}

function isNamed(...names: readonly string[]) {
  return ({ name }: Reference): boolean => names.includes(name);
}

/** What to do about the keys, from what the overlay mounts and what the cluster has. */
export type KeyPlan =
  | { readonly action: 'keep' }
  | { readonly action: 'make'; readonly secrets: readonly Reference[] }
  | { readonly action: 'refuse'; readonly why: string; readonly next: string };

interface KeyState {
  readonly mounted: readonly Reference[];
  readonly existing: readonly Reference[];
  /** Whether the operator gave the public half of the ticket key. */
  readonly given: boolean;
}

/** Checks the one part of the operator's keys that the cluster needs; undefined where there is nothing to refuse. */
function refuseConsoleKeys(outside: boolean, lacksHalf: boolean, given: boolean): KeyPlan | undefined {
  if (given && !outside)
    return {
      action: 'refuse',
      why: 'KEYS is given, but the overlay takes the console’s keys from the Secret console-keys, which is made here',
      next: 'leave KEYS out; or, to have these keys from outside the cluster, take components/keys-in-cluster out of the overlay',
    };
  if (lacksHalf && !given)
    return {
      action: 'refuse',
      why: 'the overlay takes the console’s keys from outside the cluster, and the keyservice lacks the public half of the ticket key',
      next: 'make keys DIR=folder, put its four files into your vault, and deploy with KEYS=folder (docs/install.md, step 4)',
    };
  return undefined;
}

/**
 * All or nothing: where some keys are there and others are not, new ones would leave what is stored unreadable.
 * With the RSA key outside Secrets the operator provides its public half, and then all the keys.
 */
export function planKeys({ mounted, existing, given }: KeyState): KeyPlan {
  const isOutside = !mounted.some(isNamed(CONSOLE_KEYS));
  const has = new Set(existing.map(textOf));
  const isMissing = (one: Reference): boolean => !has.has(textOf(one));
  const halves = isOutside ? mounted.filter(isNamed(TICKET_PUBLIC)).filter(isMissing) : [];
  const refusal = refuseConsoleKeys(isOutside, halves.length > 0, given);
  if (refusal) return refusal;
  const ours = mounted
    .filter(isNamed(...MADE_HERE))
    .filter((one) => !isOutside || one.name !== TICKET_PUBLIC);
  const missing = ours.filter(isMissing);
  if (missing.length === 0)
    return halves.length === 0 ? { action: 'keep' } : { action: 'make', secrets: halves };
  if (!ours.some(isNamed(ENVELOPE))) {
    return {
      action: 'refuse',
      why: `the overlay keeps the RSA key outside Secrets, and these are missing: ${listOf(missing)}`,
      next: 'make them along with that key, as the table in manifests/README.md says; then deploy again',
    };
  }
  if (missing.length === ours.length) return { action: 'make', secrets: [...missing, ...halves] };
  return {
    action: 'refuse',
    why: `these keys are missing, while others exist: ${listOf(missing)}. New ones would make stored secrets unreadable`,
    next: 'restore them from a backup; or, to start with nothing stored, make undeploy first',
  };
}

async function assertSameTicketKeys(kubectl: Kubectl, given: JwkSet): Promise<void> {
  const path = 'jsonpath={.data.ticket\\.json}';
  const found = [
    'get',
    'secret',
    TICKET_PUBLIC,
    '-n',
    'twofold-keyservice',
    '--ignore-not-found',
    '-o',
    path,
  ];
  const text = Buffer.from(await kubectl.run(found), 'base64').toString('utf8');
  if (given.keys.every(({ x }) => text.includes(`"${String(x)}"`))) return;
  throw new DeployError(
    'the keyservice verifies tickets by keys other than the one in KEYS',
    'name the folder whose files are in your vault. If it is the right one, the Secret keyservice-public-keys is wrong: delete it in twofold-keyservice, and deploy again',
  );
}

async function assertNoDatabase(kubectl: Kubectl): Promise<void> {
  const volume = ['persistentvolumeclaim', 'console-database', '-n', 'twofold-console'];
  if ((await kubectl.find(volume)) === undefined) return;
  throw new DeployError(
    'the keys are gone, but the console’s volume exists: new keys would make what is stored in it unreadable',
    'restore the keys from a backup; or, to start with nothing stored, make undeploy first',
  );
}

const LEFT_BEHIND =
  'NOTE: the Secret console-keys is still in twofold-console, though the overlay takes these keys from outside: anyone who can read etcd has them. Once the console runs: kubectl -n twofold-console delete secret console-keys; backups of etcd still contain it';

interface KeyOptions {
  /** Public half of the ticket key, where the console's keys come from outside. */
  readonly ticketKeys: JwkSet | undefined;
  readonly say: (line: string) => void;
}

/** The Secrets of keys that are to be made; changes nothing. Rejects with a DeployError where only some are missing. */
export async function checkKeys(
  kubectl: Kubectl,
  { secrets: mounted }: Rendering,
  { ticketKeys, say }: KeyOptions,
): Promise<readonly Reference[]> {
  const existing = await existingSecrets(kubectl, mounted);
  const plan = planKeys({ mounted, existing, given: ticketKeys !== undefined });
  if (plan.action === 'refuse') throw new DeployError(plan.why, plan.next);
  if (ticketKeys && existing.some(isNamed(TICKET_PUBLIC))) await assertSameTicketKeys(kubectl, ticketKeys);
  if (existing.some(isNamed(CONSOLE_KEYS)) && !mounted.some(isNamed(CONSOLE_KEYS))) say(LEFT_BEHIND);
  if (plan.action === 'keep') return [];
  if (plan.secrets.some(isNamed(ENVELOPE))) await assertNoDatabase(kubectl);
  return plan.secrets;
}

/** Makes these Secrets, all or none; reports what it did. */
export async function makeKeys(
  kubectl: Kubectl,
  missing: readonly Reference[],
  { ticketKeys, say }: KeyOptions,
): Promise<void> {
  if (missing.length === 0) {
    say('keys: all present, unchanged');
    return;
  }
  const wanted = new Set(missing.map(textOf));
  const made = await makeKeySecrets(ticketKeys);
  try {
    await kubectl.apply(made.filter(({ metadata }) => wanted.has(textOf(metadata))));
  } catch (error) {
    // With only some of them, a later deployment could neither use these nor make the others.
    for (const { namespace, name } of missing)
      await kubectl.attempt(['delete', 'secret', name, '-n', namespace, '--ignore-not-found']);
    throw error;
  }
  say(`keys: made ${missing.map(({ name }) => name).join(', ')}`);
}

/** Names only: no key is read back from the cluster. */
export async function existingSecrets(
  kubectl: Kubectl,
  mounted: readonly Reference[],
): Promise<readonly Reference[]> {
  const namespaces = [...new Set(mounted.map(({ namespace }) => namespace))];
  const names = await Promise.all(
    namespaces.map(async (namespace) => {
      const path = '{range .items[*]}{.metadata.name}{"\\n"}{end}';
      const text = await kubectl.run(['get', 'secrets', '-n', namespace, '-o', `jsonpath=${path}`]);
      return text.split('\n').map((name) => ({ namespace, name }));
    }),
  );
  return names.flat().filter(({ name }) => name !== '');
}
