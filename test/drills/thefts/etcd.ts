/** A copy of etcd: every object of the cluster, and what a thief finds in it. */
import type { Jwk } from '#envelope/kid.ts';
import { annotations } from '#envelope/annotations.ts';
import type { Person } from '../../../scripts/dev/person.ts';
import { readRendering } from '../../../scripts/deploy/rendering.ts';
import { render } from '../../../manifests/kustomize.ts';
import { tokensIn } from './kubernetes.ts';
import { leafOf, together, type Holding, type Piece } from './loot.ts';

interface Found {
  readonly kind: string;
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

interface Resources {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly verbs: readonly string[];
  }[];
}

/** Every object that the API server lists. */
export async function everyObject(admin: Person): Promise<readonly Found[]> {
  const { groups } = await admin.must<{ groups: { preferredVersion: { groupVersion: string } }[] }>(
    'GET',
    '/apis',
  );
  const roots = [
    '/api/v1',
    ...groups.map(({ preferredVersion: { groupVersion } }) => `/apis/${groupVersion}`),
  ];
  const lists = await Promise.all(
    roots.map(async (root) => {
      const { resources } = await admin.must<Resources>('GET', root);
      const listed = resources.filter(({ name, verbs }) => verbs.includes('list') && !name.includes('/'));
      return await Promise.all(
        listed.map(async ({ name, kind }) => {
          const { items } = await admin.must<{ items: Omit<Found, 'kind'>[] }>('GET', `${root}/${name}`);
          return items.map((item) => ({ ...item, kind }));
        }),
      );
    }),
  );
  return lists.flat(2);
}

/** What of an overlay's Secrets etcd holds: `namespace/name`. */
export function secretsOf(overlay: string): ReadonlySet<string> {
  const { secrets } = readRendering(render(`overlays/${overlay}`));
  return new Set(secrets.map(({ namespace, name }) => `${namespace}/${name}`));
}

/** Which of our own Secrets' files holds what. */
const files: Readonly<Record<string, Piece>> = {
  'twofold-console/console-keys/at-rest.json': 'atRestKeys',
  'twofold-console/console-keys/ticket.json': 'ticketKeys',
  'twofold-console/console-keys/cookie.json': 'cookieKeys',
  'twofold-console/console-keys/record.json': 'recordKeys',
  'twofold-keyservice/keyservice-envelope/keys.json': 'rsaKeys',
  'twofold-keyservice/keyservice-grant/keys.json': 'grantKeys',
};

function lootOf({ kind, metadata, data = {}, type }: Found): Partial<Holding> {
  const ticket = kind === 'Pod' ? metadata.annotations?.[annotations.ticket.key] : undefined;
  if (ticket !== undefined) return { tickets: [ticket] };
  if (kind !== 'Secret') return {};
  const text = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString();
  if (type === 'kubernetes.io/service-account-token') return { serviceTokens: [text('token')] };
  const names = Object.keys(data);
  const keys = names.map((name): Partial<Holding> => {
    const piece = files[`${metadata.namespace ?? ''}/${metadata.name}/${name}`];
    return piece ? { [piece]: (JSON.parse(text(name)) as { keys: Jwk[] }).keys } : {};
  });
  return together(...keys, {
    innerTokens: tokensIn(data),
    grants: names.includes('grant') ? [text('grant')] : [],
    leaves: names.includes('tls.key') ? [leafOf(text('tls.crt'), text('tls.key'))] : [],
    databases: names.includes('url') ? [text('url')] : [],
  });
}

/** As an installation of this overlay leaves it: without the Secrets of ours that only another one has. */
export function lootOfEtcd(objects: readonly Found[], overlay: string): Holding {
  const has = secretsOf(overlay);
  const left = objects.filter(
    ({ kind, metadata: { namespace = '', name } }) =>
      kind !== 'Secret' ||
      !/^twofold-(console|webhook|keyservice)$/.test(namespace) ||
      has.has(`${namespace}/${name}`),
  );
  return together(...left.map(lootOf));
}
