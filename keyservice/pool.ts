/**
 * The pool of worker threads: RSA runs off the event loop and on all cores. Zone 3; docs/design.md#unwrap. A
 * call goes to idle workers in equal shares, or waits as a whole; the queue is bounded and handed out in batches. A
 * worker that ends is replaced, and what it was doing is refused: nothing is retried.
 */
import type { Worker } from 'node:worker_threads';
import type { EnvelopeParts } from '#envelope/outer/layout.ts';
import type { Opened, Operation, OuterLayer } from './outer-layer.ts';
import { pack } from './parcel.ts';
import type { Done, Task, TaskResult } from './worker.ts';

interface PoolPorts {
  /** Starts a thread that runs `runWorker`. */
  readonly spawn: () => Worker;
  /** Called for each worker that ends by itself. */
  readonly onLost: (error: unknown) => void;
}

interface PoolConfig {
  readonly workers: number;
  /** Envelopes that may wait. */
  readonly queueLimit: number;
}

export interface Pool extends OuterLayer {
  close(): Promise<void>;
}

/** One call's result, assembled from its shares. */
interface Call {
  readonly texts: string[];
  sharesLeft: number;
  failedAt: number | undefined;
  readonly settle: (opened: Opened) => void;
}

interface Share {
  readonly operation: Operation;
  readonly envelopes: readonly EnvelopeParts[];
  /** Index of the first in the call. */
  readonly from: number;
  readonly call: Call;
}

interface Thread {
  readonly worker: Worker;
  readonly startedAt: number;
  /** In its inbox, by job id: a second job waits there, so that the thread never idles. */
  readonly jobs: Map<number, readonly Share[]>;
}

const INBOX = 2;
/** Envelopes that a job may combine: 20 ms of RSA-2048, which batching may add to a call's answer. */
const LARGEST_BATCH = 80;
/** Fewer are not worth a message to another thread. */
const SMALLEST_SHARE = 4;
/** A worker that ends sooner than this is not replaced immediately: a broken one would be restarted in a tight loop. */
const SHORT_LIFE_MS = 1_000;

function taskOf({ operation, envelopes }: Share): Task {
  return {
    parcel: pack(envelopes),
    headers: operation === 'rewrap' ? envelopes.map(({ header }) => header) : undefined,
  };
}

export function createPool({ spawn, onLost }: PoolPorts, { workers, queueLimit }: PoolConfig): Pool {
  const threads = new Set<Thread>();
  const queue: Share[] = [];
  let waiting = 0;
  let nextId = 0;
  let closing = false;

  const lose = ({ call }: Share): void => call.settle({ ok: false, reason: 'worker_lost' });

  const finish = ({ call, from }: Share, result: TaskResult): void => {
    if (result.ok) result.texts.forEach((text, at) => (call.texts[from + at] = text));
    else call.failedAt = Math.min(call.failedAt ?? Infinity, from + result.at);
    call.sharesLeft -= 1;
    if (call.sharesLeft > 0) return;
    call.settle(
      call.failedAt === undefined
        ? { ok: true, texts: call.texts }
        : { ok: false, reason: 'not_authentic', at: call.failedAt },
    );
  };

  const leastBusy = (): Thread | undefined => {
    let best: Thread | undefined;
    for (const thread of threads) if (thread.jobs.size < (best?.jobs.size ?? INBOX)) best = thread;
    return best;
  };

  /** The next share, and those behind it as long as every thread gets its part of the queue. */
  const takeBatch = (): Share[] => {
    const most = Math.min(LARGEST_BATCH, Math.ceil(waiting / threads.size));
    const batch: Share[] = [];
    let size = 0;
    for (let next = queue[0]; next; next = queue[0]) {
      size += next.envelopes.length;
      if (batch.length > 0 && size > most) break;
      waiting -= next.envelopes.length;
      batch.push(next);
      queue.shift();
    }
    return batch;
  };

  const dispatch = (): void => {
    for (let thread = leastBusy(); thread && queue.length > 0; thread = leastBusy()) {
      const batch = takeBatch();
      nextId += 1;
      thread.jobs.set(nextId, batch);
      thread.worker.postMessage({ id: nextId, tasks: batch.map(taskOf) });
    }
  };

  const start = (): void => {
    if (closing) return;
    let worker: Worker;
    try {
      worker = spawn();
    } catch (error) {
      onLost(error);
      setTimeout(start, SHORT_LIFE_MS).unref();
      return;
    }
    const thread: Thread = { worker, startedAt: performance.now(), jobs: new Map() };
    let reason: unknown = new Error('the worker thread ended');
    threads.add(thread);
    worker.on('message', ({ id, results }: Done) => {
      const batch = thread.jobs.get(id) ?? [];
      thread.jobs.delete(id);
      dispatch();
      batch.forEach((share, at) => {
        const result = results[at];
        if (result) finish(share, result);
      });
    });
    worker.on('error', (error: unknown) => (reason = error));
    worker.on('exit', () => {
      threads.delete(thread);
      for (const batch of thread.jobs.values()) batch.forEach(lose);
      if (closing) return;
      onLost(reason);
      if (performance.now() - thread.startedAt >= SHORT_LIFE_MS) start();
      else setTimeout(start, SHORT_LIFE_MS).unref();
      // With no thread left, there is no telling how long the wait would be.
      if (threads.size === 0) abandon();
    });
    dispatch();
  };

  const abandon = (): void => {
    waiting = 0;
    queue.splice(0).forEach(lose);
  };

  const sharesOf = (operation: Operation, envelopes: readonly EnvelopeParts[], call: Call): Share[] => {
    const idle = [...threads].filter(({ jobs }) => jobs.size === 0).length;
    const size = Math.max(SMALLEST_SHARE, Math.ceil(envelopes.length / Math.max(1, idle)));
    const shares: Share[] = [];
    for (let from = 0; from < envelopes.length; from += size) {
      shares.push({ operation, envelopes: envelopes.slice(from, from + size), from, call });
    }
    return shares;
  };

  for (let count = 0; count < workers; count += 1) start();

  return {
    run: (operation, envelopes) => {
      if (closing || threads.size === 0) return Promise.resolve({ ok: false, reason: 'worker_lost' });
      if (waiting + envelopes.length > queueLimit) return Promise.resolve({ ok: false, reason: 'busy' });
      return new Promise((resolve) => {
        const call: Call = { texts: [], sharesLeft: 0, failedAt: undefined, settle: resolve };
        const shares = sharesOf(operation, envelopes, call);
        call.sharesLeft = shares.length;
        waiting += envelopes.length;
        queue.push(...shares);
        dispatch();
      });
    },
    close: async () => {
      closing = true;
      abandon();
      await Promise.all([...threads].map(({ worker }) => worker.terminate()));
    },
  };
}
