/** Ports for servers whose address others must know before they start, or again after a restart. Development tool, no zone. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ephemeral range, where another process could take a port while its server restarts. */
const FROM = 20_000;
const TO = 32_768;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const given = new Set<number>();

/** One that was free just now, and that this process has not been given before. */
export async function freePort(): Promise<number> {
  while (given.size < TO - FROM) {
    const port = randomInt(FROM, TO);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${FROM} to ${TO - 1} is free`);
}
