/**
 * A worker thread: holds the private keys as KeyObjects, and opens whole envelopes (RSA, then GCM). Zone 3;
 * docs/design.md#unwrap.
 */
import type { MessagePort } from 'node:worker_threads';
import { byKid, type Identity, type Recipient } from '#envelope/cipher.ts';
import { EnvelopeError } from '#envelope/errors.ts';
import type { Jwk } from '#envelope/kid.ts';
import { nodeCipher, rsaRecipient } from '#envelope/node-cipher.ts';
import { rsaIdentity, type PrivateKey } from '#envelope/node-private.ts';
import type { EnvelopeHeader, EnvelopeParts } from '#envelope/outer/layout.ts';
import { openOuter } from '#envelope/outer/open.ts';
import { sealOuter } from '#envelope/outer/seal.ts';
import { unpack, type Parcel } from './parcel.ts';

/** The data a worker starts with. */
export interface WorkerKeys {
  readonly identities: readonly PrivateKey[];
  /** Public key that `rewrap` seals to. */
  readonly newestJwk: Jwk;
}

/** Envelopes of one call. */
export interface Task {
  readonly parcel: Parcel;
  /** With headers, each envelope is sealed again under its own; without, the inner tokens are the result. */
  readonly headers?: readonly EnvelopeHeader[] | undefined;
}

/** `at` is the first envelope that is not authentic. */
export type TaskResult =
  { readonly ok: true; readonly texts: readonly string[] } | { readonly ok: false; readonly at: number };

/** Tasks of several calls in one message: on a busy machine, waking the other thread is the main cost. */
interface Job {
  readonly id: number;
  readonly tasks: readonly Task[];
}

export interface Done {
  readonly id: number;
  /** In the order of the tasks. */
  readonly results: readonly TaskResult[];
}

interface Opening {
  readonly identities: ReadonlyMap<string, Identity>;
  readonly newest: Recipient;
}

/** One task, all or nothing. Rejects only for a broken invariant, which ends the worker. */
export async function runTask({ identities, newest }: Opening, task: Task): Promise<TaskResult> {
  const texts: string[] = [];
  try {
    for (const parts of unpack(task.parcel)) {
      // Of the header, openOuter reads only the kid.
      const token = await openOuter(nodeCipher, identities, parts as EnvelopeParts);
      const header = task.headers?.[texts.length];
      texts.push(header ? await sealOuter(nodeCipher, newest, header, token) : token);
    }
  } catch (error) {
    if (error instanceof EnvelopeError) return { ok: false, at: texts.length };
    throw error;
  }
  return { ok: true, texts };
}

export function openingOf({ identities, newestJwk }: WorkerKeys): Opening {
  return {
    identities: byKid(identities.map(rsaIdentity)),
    newest: rsaRecipient(newestJwk),
  };
}

async function runJob(opening: Opening, { id, tasks }: Job): Promise<Done> {
  const results: TaskResult[] = [];
  for (const task of tasks) results.push(await runTask(opening, task));
  return { id, results };
}

/** Answers jobs one after another until the thread is ended. */
export function runWorker(port: MessagePort, keys: WorkerKeys): void {
  const opening = openingOf(keys);
  port.on('message', (job: Job) => {
    // A rejection is left unhandled on purpose: it ends this thread, and the pool replaces it.
    void runJob(opening, job).then((done) => port.postMessage(done));
  });
}
