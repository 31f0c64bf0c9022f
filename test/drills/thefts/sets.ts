/** The stolen sets, in the order and the words of the tables. */

export const stolenSets = {
  database: 'the database, or a backup of it',
  'at-rest': 'the at-rest key',
  'ticket-key': 'the ticket key',
  'cookie-key': 'the cookie key',
  'record-key': 'the record key',
  'console-keys': 'the console’s key store as a whole: these four',
  rsa: 'the RSA key',
  'grant-key': 'the grant key',
  'keyservice-keys': 'the keyservice’s keys as a whole: these two',
  'session-secrets': 'the Secrets of running sessions',
  'etcd-sqlite': 'etcd, as `overlays/sqlite` leaves it',
  'etcd-postgres': 'etcd, as `overlays/postgres` leaves it (with the database’s password)',
  'etcd-demo': 'etcd, as `overlays/demo` or `components/keys-in-cluster` leave it',
  ca: 'the CA’s key',
  'console-tls': 'the console’s TLS key',
  'webhook-tls': 'the webhook’s TLS key',
  'keyservice-tls': 'the keyservice’s TLS key',
  'webhook-resolve': 'the leaf `webhook-resolve`',
  'webhook-unwrap': 'the leaf `webhook-unwrap`',
  'console-rewrap': 'the leaf `console-rewrap`',
  'apiserver-webhook': 'the leaf `apiserver-webhook`',
  'webhook-token': 'the webhook’s service-account token',
  'console-token': 'the console’s service-account token',
  'launcher-token': 'a launcher’s own token (of its pod; outside the cluster: its certificate or login)',
  ticket: 'a session’s ticket (pod, template, custom resource, audit log at level Request)',
  cookie: 'a cookie of the page',
  login: 'a login, or a bearer',
  write: 'write access to the database',
} as const satisfies Readonly<Record<string, string>>;

export type StolenSet = keyof typeof stolenSets;
/** Object.keys forgets which keys there are. */
export const stolen = Object.keys(stolenSets) as readonly StolenSet[];

/** Beside them: what the second column adds, and what no set holds and only controls have. */
export type SetId = StolenSet | 'account' | 'pod-token' | 'editor';

/** What is stolen at once. */
export type Cell = readonly StolenSet[];

/** Of three, those that the pages speak of. */
const threes: readonly Cell[] = [
  ['database', 'at-rest', 'rsa'],
  ['session-secrets', 'database', 'at-rest'],
];

const pairs: readonly Cell[] = stolen.flatMap((a, at) => stolen.slice(at + 1).map((b) => [a, b] as const));

/** Nothing, each set alone, every pair, and some of three. */
export const allCells: readonly Cell[] = [[], ...stolen.map((each) => [each]), ...pairs, ...threes];

export function keyOf(cell: Cell): string {
  return cell.length === 0 ? 'nothing' : cell.join(' + ');
}
