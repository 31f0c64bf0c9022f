/**
 * Kept TLS connections to one server, each with one request at a time. Zone 2; for webhook/api-client.ts, which says
 * why they are not Node's.
 */
import { isIP } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { hostOf, StaleConnection } from '#platform/https-client.ts';
import { MalformedAnswer, type ReadAnswer } from './answer-reader.ts';

/** To one server; further requests wait for one of them. */
const MAX_CONNECTIONS = 64;
/** A peer that vanished without a word is found out, as Go's client does. */
const PROBE_MS = 30_000;

export class HungUp extends Error {
  readonly code = 'ECONNRESET';
}

/** A request on its way, and who hears of it: one of the two, once. */
export interface Exchange {
  readonly request: Buffer;
  readonly read: (bytes: Buffer) => ReadAnswer | undefined;
  readonly answered: (answer: ReadAnswer) => void;
  readonly failed: (error: Error) => void;
}

interface Connection {
  readonly socket: TLSSocket;
  exchange: Exchange | undefined;
  /** Whether it has carried an answer. */
  used: boolean;
  /** Whether anything of the present answer has come. */
  begun: boolean;
}

export interface Connections {
  /** Returns what gives the exchange up; its connection ends. */
  send(exchange: Exchange): () => void;
  /** Ends what is idle now, and the others with their answer. */
  retire(): void;
}

const openSocket = (target: URL, secureContext: SecureContext): TLSSocket => {
  const host = hostOf(target);
  // RFC 6066 §3: an address is no server name; the certificate is held against `host` then.
  const name = isIP(host) === 0 ? { servername: host } : {};
  const options = {
    host,
    port: Number(target.port || 443),
    secureContext,
    ALPNProtocols: ['http/1.1'],
    ...name,
  };
  return connect(options).setNoDelay(true).setKeepAlive(true, PROBE_MS);
};

export const createConnections = (target: URL, secureContext: SecureContext): Connections => {
  const all = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting: Exchange[] = [];
  let retired = false;

  const start = (connection: Connection, exchange: Exchange): void => {
    connection.exchange = exchange;
    connection.begun = false;
    connection.socket.write(exchange.request);
  };

  const end = (connection: Connection, why: Error): void => {
    if (!all.delete(connection)) return;
    const { exchange, socket, used, begun } = connection;
    const at = idle.indexOf(connection);
    if (at >= 0) idle.splice(at, 1);
    socket.destroy();
    const next = waiting.shift();
    if (next) start(open(), next);
    // Last: it may be sent again at once, and is not to take the place of one that waits.
    exchange?.failed(used && !begun ? new StaleConnection() : why);
  };

  const release = (connection: Connection, { keepAlive }: ReadAnswer): void => {
    connection.exchange = undefined;
    connection.used = true;
    if (!keepAlive || retired) {
      end(connection, new HungUp());
      return;
    }
    const next = waiting.shift();
    if (next) start(connection, next);
    else idle.push(connection);
  };

  const receive = (connection: Connection, bytes: Buffer): void => {
    const { exchange } = connection;
    connection.begun = true;
    try {
      if (!exchange) throw new MalformedAnswer('it was not asked for');
      const answer = exchange.read(bytes);
      if (!answer) return;
      release(connection, answer);
      exchange.answered(answer);
    } catch (error) {
      end(connection, error instanceof Error ? error : new HungUp());
    }
  };

  const open = (): Connection => {
    const socket = openSocket(target, secureContext);
    const connection: Connection = { socket, exchange: undefined, used: false, begun: false };
    all.add(connection);
    socket.on('data', (bytes: Buffer) => receive(connection, bytes));
    socket.on('error', (error: Error) => end(connection, error));
    socket.on('close', () => end(connection, new HungUp('the server hung up')));
    return connection;
  };

  const giveUp = (exchange: Exchange): void => {
    const at = waiting.indexOf(exchange);
    if (at >= 0) waiting.splice(at, 1);
    const holder = [...all].find((connection) => connection.exchange === exchange);
    if (holder) end(holder, new HungUp());
  };

  return {
    send: (exchange) => {
      // The last used first, so that those too many are seldom used, and end.
      const connection = idle.pop() ?? (all.size < MAX_CONNECTIONS ? open() : undefined);
      if (connection) start(connection, exchange);
      else waiting.push(exchange);
      return () => giveUp(exchange);
    },
    retire: () => {
      retired = true;
      for (const connection of idle.slice()) end(connection, new HungUp());
    },
  };
};
