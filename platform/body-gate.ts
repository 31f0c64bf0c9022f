/**
 * The gate in front of request bodies: the length of each, and how much of all may be in memory at the same time.
 * No zone; docs/design.md#load. A server reads bodies only through its gate, so that unfinished requests,
 * however many, hold at most the gate's total; a body that trickles is ended by the server's time limit for a
 * whole request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readWholeBody } from './whole-body.ts';

/** `too_large` for its operation; `overloaded`: others use all the memory, try again; `broken_off` by the sender. */
export type BodyProblem = 'too_large' | 'overloaded' | 'broken_off';

/** Why a body was not read, or not to its end. */
export class BodyError extends Error {
  readonly code: BodyProblem;

  constructor(code: BodyProblem, cause?: unknown) {
    super(`the body of a request: ${code}`, { cause });
    this.name = 'BodyError';
    this.code = code;
  }
}

export interface BodyGateConfig {
  /** Bytes of all bodies being received, or of requests being answered. */
  readonly totalBytes: number;
  /** The most of them that one sender may hold; all by default. */
  readonly shareBytes?: number;
}

interface BodyDemand {
  readonly limitBytes: number;
  /** Whose share it counts towards; absent: nobody's in particular. */
  readonly who?: string | undefined;
}

export interface BodyGate {
  /**
   * The whole body, which counts until its request is answered or its connection is closed. Rejects with a BodyError
   * before anything is read, except where a body breaks off, or turns out too large without an announced length.
   */
  read(message: IncomingMessage, response: ServerResponse, demand: BodyDemand): Promise<Buffer>;
  /** Bytes that are accounted for now. */
  heldBytes(): number;
}

/** As announced; without a length, the largest allowed. */
function bytesOf({ headers }: IncomingMessage, limitBytes: number): number {
  // Node's parser has already refused a length that is not a number, and both headers together.
  if (headers['content-length'] !== undefined) return Number(headers['content-length']);
  return headers['transfer-encoding'] === undefined ? 0 : limitBytes;
}

function createShares({ totalBytes, shareBytes = totalBytes }: BodyGateConfig) {
  const shares = new Map<string, number>();
  let held = 0;
  const add = (who: string | undefined, bytes: number): void => {
    held += bytes;
    if (who === undefined) return;
    const share = (shares.get(who) ?? 0) + bytes;
    if (share === 0) shares.delete(who);
    else shares.set(who, share);
  };
  return {
    held: () => held,
    /** False where it does not fit. */
    take: (who: string | undefined, bytes: number): boolean => {
      const share = who === undefined ? 0 : (shares.get(who) ?? 0);
      if (held + bytes > totalBytes || share + bytes > shareBytes) return false;
      add(who, bytes);
      return true;
    },
    giveBack: (who: string | undefined, bytes: number): void => add(who, -bytes),
  };
}

export function createBodyGate(config: BodyGateConfig): BodyGate {
  const shares = createShares(config);
  return {
    heldBytes: () => shares.held(),
    read: async (message, response, { limitBytes, who }) => {
      const bytes = bytesOf(message, limitBytes);
      if (bytes > limitBytes) throw new BodyError('too_large');
      if (message.destroyed || message.socket.destroyed) throw new BodyError('broken_off');
      if (!shares.take(who, bytes)) throw new BodyError('overloaded');
      response.once('close', () => shares.giveBack(who, bytes));
      // The server leaves this to the reader of the body: see harden-server.ts.
      if (message.headers.expect !== undefined) response.writeContinue();
      const body = await readWholeBody(message, limitBytes).catch((error: unknown) => {
        throw new BodyError('broken_off', error);
      });
      if (!body) throw new BodyError('too_large');
      return body;
    },
  };
}
