/** The stolen sets, in the order and the words of the tables. */

interface SetName {
  /** For a row of its own. */
  readonly long: string;
  /** Beside others. */
  readonly short: string;
}

function same(name: string): SetName {
  return { long: name, short: name };
}

export const stolenSets = {
  database: { long: 'the database, or a backup of it', short: 'the database' },
  'at-rest': same('the at-rest key'),
  'ticket-key': same('the ticket key'),
  'cookie-key': same('the cookie key'),
  'record-key': same('the record key'),
  'console-keys': {
    long: 'the console’s key store as a whole: these four',
    short: 'the console’s four keys',
  },
  rsa: same('the RSA key'),
  'grant-key': same('the grant key'),
  'keyservice-keys': { long: 'the keyservice’s keys as a whole: these two', short: 'the keyservice’s keys' },
  'session-secrets': same('the Secrets of running sessions'),
  'etcd-sqlite': { long: 'etcd, as `overlays/sqlite` leaves it', short: 'etcd (overlay `sqlite`)' },
  'etcd-postgres': {
    long: 'etcd, as `overlays/postgres` leaves it: with the database’s password, and so its rows to read and change',
    short: 'etcd (overlay `postgres`)',
  },
  'etcd-demo': {
    long: 'etcd, as `overlays/demo` or `components/keys-in-cluster` leave it',
    short: 'etcd (overlay `demo`)',
  },
  ca: same('the CA’s key'),
  'console-tls': same('the console’s TLS key'),
  'webhook-tls': same('the webhook’s TLS key'),
  'keyservice-tls': same('the keyservice’s TLS key'),
  'webhook-resolve': same('the leaf `webhook-resolve`'),
  'webhook-unwrap': same('the leaf `webhook-unwrap`'),
  'console-rewrap': same('the leaf `console-rewrap`'),
  'apiserver-webhook': same('the leaf `apiserver-webhook`'),
  'webhook-token': same('the webhook’s service-account token'),
  'console-token': same('the console’s service-account token'),
  'launcher-token': {
    long: 'a launcher’s own token (of its pod; outside the cluster: its certificate or login)',
    short: 'a launcher’s own token',
  },
  ticket: {
    long: 'a session’s ticket (pod, template, custom resource, audit log at level Request)',
    short: 'a session’s ticket',
  },
  cookie: same('a cookie of the page'),
  login: { long: 'a login, or a bearer', short: 'a login' },
  write: same('write access to the database'),
} as const satisfies Readonly<Record<string, SetName>>;

export type StolenSet = keyof typeof stolenSets;
/** Object.keys forgets which keys there are. */
export const stolen = Object.keys(stolenSets) as readonly StolenSet[];

/** Beside them: what the second column adds, and what no set holds and only controls have. */
export type SetId = StolenSet | 'account' | 'pod-token' | 'editor' | 'way';

/** What is stolen at once. */
export type Cell = readonly StolenSet[];

/** Of three, those that the pages speak of. */
export const threes: readonly Cell[] = [
  ['database', 'at-rest', 'rsa'],
  ['session-secrets', 'database', 'at-rest'],
];

const pairs: readonly Cell[] = stolen.flatMap((a, at) => stolen.slice(at + 1).map((b) => [a, b] as const));

/** Nothing, each set alone, every pair, and some of three. */
export const allCells: readonly Cell[] = [[], ...stolen.map((each) => [each]), ...pairs, ...threes];

export function keyOf(cell: Cell): string {
  return cell.length === 0 ? 'nothing' : cell.join(' + ');
}
