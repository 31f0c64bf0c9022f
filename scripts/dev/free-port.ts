/** Ports for servers whose address others must know before they start, or again after a restart. Development tool, no zone. */
import { createServer } from 'node:net';

/** Below the ephemeral range, where another process could take a port while its server restarts. */
const FROM = 20_000;
const TO = 32_768;
/** Ports that one process has for itself: whoever listens on the first may give the others. */
const RANGE = 128;

/** Whether this process now listens there, without being kept running by it; otherwise, the port is taken. */
function listen(port: number, then: 'close' | 'keep'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => {
      server.unref();
      if (then === 'keep') resolve(true);
      else server.close(() => resolve(true));
    });
  });
}

let next = TO;
let end = TO;

async function takeRange(): Promise<void> {
  for (let first = FROM; first + RANGE <= TO; first += RANGE) {
    if (!(await listen(first, 'keep'))) continue;
    next = first + 1;
    end = first + RANGE;
    return;
  }
  throw new Error(`all ranges of ports from ${FROM} to ${TO - 1} are taken`);
}

async function choose(): Promise<number> {
  for (;;) {
    if (next === end) await takeRange();
    const port = next;
    next += 1;
    if (await listen(port, 'close')) return port;
  }
}

export function isFree(port: number): Promise<boolean> {
  return listen(port, 'close');
}

let chosen: Promise<unknown> = Promise.resolve();

/** One that was free just now, and that no call is given again: neither in this process nor in another while this one runs. */
export function freePort(): Promise<number> {
  const port = chosen.then(choose);
  chosen = port.catch(() => undefined);
  return port;
}
