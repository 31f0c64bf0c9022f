/** What thieves hold: copies, as plain data, that nothing of the stack's own can come along with. */
import { createHash, X509Certificate } from 'node:crypto';
import type { Jwk } from '#envelope/kid.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A certificate and its key, as PEM. */
export interface Leaf {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
}

/** Named by what it says of itself, wherever it was found. */
export function leafOf(cert: string, key: string): Leaf {
  return { name: new X509Certificate(cert).subject, cert, key };
}

/** Every kind of thing that some set holds, or that a control adds. */
export interface Loot {
  /** Rows of the database, by table. */
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly atRestKeys: Jwk;
  readonly ticketKeys: Jwk;
  readonly cookieKeys: Jwk;
  readonly recordKeys: Jwk;
  readonly rsaKeys: Jwk;
  readonly grantKeys: Jwk;
  /** Of sessions' Secrets. */
  readonly innerTokens: { readonly id: string; readonly token: string };
  readonly grants: string;
  /** As they stand on pods. */
  readonly tickets: string;
  readonly leaves: Leaf;
  /** The CA's certificate and key. */
  readonly roots: Leaf;
  /** Bearers of services and launchers at the API server. */
  readonly serviceTokens: string;
  /** `Cookie` headers. */
  readonly cookies: string;
  /** Bearers at the console. */
  readonly logins: string;
  /** Addresses that rows can be written at. */
  readonly databases: string;
  /** Bearers at the API server that may create pods in session namespaces; whoever has one may log in as themselves. */
  readonly accounts: string;
  /** A session pod's own token for `claim`, which no set holds: it is in the pod. */
  readonly podTokens: string;
  /** Bearers that may read Secrets in session namespaces. */
  readonly editors: string;
  /** Places on the network between the parts, which no set holds. */
  readonly ways: string;
}

export type Piece = keyof Loot;
export type Holding = { readonly [K in Piece]: readonly Loot[K][] };

const nothing: Holding = {
  rows: [],
  atRestKeys: [],
  ticketKeys: [],
  cookieKeys: [],
  recordKeys: [],
  rsaKeys: [],
  grantKeys: [],
  innerTokens: [],
  grants: [],
  tickets: [],
  leaves: [],
  roots: [],
  serviceTokens: [],
  cookies: [],
  logins: [],
  databases: [],
  accounts: [],
  podTokens: [],
  editors: [],
  ways: [],
};

/** Object.keys forgets which keys there are. */
const pieces = Object.keys(nothing) as readonly Piece[];

function distinct<T>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** All that several sets hold together. */
export function together(...holdings: readonly Partial<Holding>[]): Holding {
  const all = pieces.map((piece) => [
    piece,
    distinct(holdings.flatMap((holding): readonly unknown[] => holding[piece] ?? [])),
  ]);
  return Object.fromEntries(all) as Holding; // each piece of the holdings' own kind
}

/** Nothing but these pieces: an attempt sees no more than it declares. */
export function only(holding: Holding, seen: readonly Piece[]): Holding {
  return { ...nothing, ...Object.fromEntries(seen.map((piece) => [piece, holding[piece]])) };
}

export function fingerprint(holding: Holding): string {
  return createHash('sha256').update(JSON.stringify(holding)).digest('hex');
}
