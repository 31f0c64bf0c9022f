/**
 * The keys of a new installation, as Secrets: each zone's own, and of the others' only public halves. Made once, all
 * together, and never again: what is stored can be opened with these only. No zone; design §1, §3, §9.
 *
 * | Secret | Namespace | File | What it is |
 * |---|---|---|---|
 * | console-tickets | twofold-console | keys.json | Ed25519, private: signs tickets |
 * | console-at-rest | twofold-console | keys.json | oct: seals user keys (only where the overlay keeps it in the cluster) |
 * | console-public-keys | twofold-console | envelope.json, grant.json | RSA and Ed25519, public |
 * | keyservice-envelope | twofold-keyservice | keys.json | RSA, private: opens the outer layer |
 * | keyservice-grant | twofold-keyservice | keys.json | Ed25519, private: signs grants |
 * | keyservice-public-keys | twofold-keyservice | ticket.json | Ed25519, public |
 */
import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import type { Reference, Rendering } from './rendering.ts';

const generate = promisify(generateKeyPair);
const AT_REST_BYTES = 32;
const RSA_BITS = 2048;

type Jwk = Readonly<Record<string, unknown>>;
type Halves = readonly [privateKey: Jwk, publicKey: Jwk];

const halves = async (pair: ReturnType<typeof newPair>): Promise<Halves> => {
  const { privateKey, publicKey } = await pair;
  return [privateKey.export({ format: 'jwk' }), publicKey.export({ format: 'jwk' })];
};
const newPair = (type: 'rsa' | 'ed25519') =>
  type === 'rsa' ? generate('rsa', { modulusLength: RSA_BITS }) : generate('ed25519');

const secret = (namespace: string, name: string, files: Readonly<Record<string, Jwk>>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace, labels: { 'app.kubernetes.io/part-of': 'twofold' } },
  type: 'Opaque',
  stringData: Object.fromEntries(
    Object.entries(files).map(([file, key]) => [file, JSON.stringify({ keys: [key] })]),
  ),
});

/** Every Secret of the table above. */
export const makeKeySecrets = async (): Promise<readonly ReturnType<typeof secret>[]> => {
  const [[envelope, envelopePublic], [ticket, ticketPublic], [grant, grantPublic]] = await Promise.all([
    halves(newPair('rsa')),
    halves(newPair('ed25519')),
    halves(newPair('ed25519')),
  ]);
  const atRest = { kty: 'oct', k: randomBytes(AT_REST_BYTES).toString('base64url') };
  return [
    secret('twofold-console', 'console-tickets', { 'keys.json': ticket }),
    secret('twofold-console', 'console-at-rest', { 'keys.json': atRest }),
    secret('twofold-console', 'console-public-keys', {
      'envelope.json': envelopePublic,
      'grant.json': grantPublic,
    }),
    secret('twofold-keyservice', 'keyservice-envelope', { 'keys.json': envelope }),
    secret('twofold-keyservice', 'keyservice-grant', { 'keys.json': grant }),
    secret('twofold-keyservice', 'keyservice-public-keys', { 'ticket.json': ticketPublic }),
  ];
};

const MADE_HERE = [
  'console-tickets',
  'console-at-rest',
  'console-public-keys',
  'keyservice-envelope',
  'keyservice-grant',
  'keyservice-public-keys',
];

const textOf = ({ namespace, name }: Reference): string => `${namespace}/${name}`;
const listOf = (references: readonly Reference[]): string => references.map(textOf).join(', ');

/** What to do about the keys, from what the overlay mounts and what the cluster has. */
export type KeyPlan =
  | { readonly action: 'keep' }
  | { readonly action: 'make'; readonly secrets: readonly Reference[] }
  | { readonly action: 'refuse'; readonly why: string; readonly next: string };

/**
 * All or nothing: where some keys are there and others are not, new ones would leave what is stored unreadable.
 * With the RSA key outside of Secrets its public half is the operator's to give, and so is then the whole of the keys.
 */
export const planKeys = (mounted: readonly Reference[], existing: readonly Reference[]): KeyPlan => {
  const ours = mounted.filter(({ name }) => MADE_HERE.includes(name));
  const has = new Set(existing.map(textOf));
  const missing = ours.filter((one) => !has.has(textOf(one)));
  if (missing.length === 0) return { action: 'keep' };
  if (!ours.some(({ name }) => name === 'keyservice-envelope')) {
    return {
      action: 'refuse',
      why: `the overlay keeps the RSA key outside of Secrets, and these are missing: ${listOf(missing)}`,
      next: 'make them beside that key, as the table in manifests/README.md says; then deploy again',
    };
  }
  if (missing.length === ours.length) return { action: 'make', secrets: missing };
  return {
    action: 'refuse',
    why: `these keys are missing, while others are there: ${listOf(missing)}. New ones would make stored secrets unreadable`,
    next: 'restore them from a backup; or, to begin with nothing stored, make undeploy first',
  };
};

/** Makes the keys of a first installation; says what it did. Rejects with a DeployError where some are missing. */
export const ensureKeys = async (
  kubectl: Kubectl,
  rendering: Rendering,
  say: (line: string) => void,
): Promise<void> => {
  const existing = await existingSecrets(kubectl, rendering.secrets);
  const plan = planKeys(rendering.secrets, existing);
  if (plan.action === 'refuse') throw new DeployError(plan.why, plan.next);
  if (plan.action === 'keep') {
    say('keys: all there, kept');
    return;
  }
  if (
    (await kubectl.find(['persistentvolumeclaim', 'console-database', '-n', 'twofold-console'])) !== undefined
  )
    throw new DeployError(
      'the keys are gone, but the console’s volume is there: new keys would make what is stored in it unreadable',
      'restore the keys from a backup; or, to begin with nothing stored, make undeploy first',
    );
  const wanted = new Set(plan.secrets.map(textOf));
  const made = await makeKeySecrets();
  await kubectl.apply(made.filter(({ metadata }) => wanted.has(textOf(metadata))));
  say(`keys: made ${plan.secrets.map(({ name }) => name).join(', ')}`);
};

/** Names only: no key is read back out of the cluster. */
export const existingSecrets = async (
  kubectl: Kubectl,
  mounted: readonly Reference[],
): Promise<readonly Reference[]> => {
  const namespaces = [...new Set(mounted.map(({ namespace }) => namespace))];
  const names = await Promise.all(
    namespaces.map(async (namespace) => {
      const path = '{range .items[*]}{.metadata.name}{"\\n"}{end}';
      const text = await kubectl.run(['get', 'secrets', '-n', namespace, '-o', `jsonpath=${path}`]);
      return text.split('\n').map((name) => ({ namespace, name }));
    }),
  );
  return names.flat().filter(({ name }) => name !== '');
};
