/** The program that tries connections, in whatever network it is started: attempts as JSON on standard input, results on standard output. */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Attempt, Result } from './attempts.ts';

const TIMEOUT_MS = 3000;
/** The agent's queue holds 1024 packets. */
const AT_ONCE = 150;
/** A question that every DNS server answers: for the root's name servers. */
const QUESTION = Buffer.from('1234' + '0100' + '0001' + '000000000000' + '00' + '0002' + '0001', 'hex');

/** A port that nobody listens on says so: what a policy closes, stays silent. */
function resultOf({ code = '' }: NodeJS.ErrnoException): Result {
  return code === 'ECONNREFUSED' ? 'open' : code;
}

function tryTcp({ address, port }: Attempt): Promise<Result> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (result: Result): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end('open'));
    socket.once('error', (error) => end(resultOf(error)));
    socket.setTimeout(TIMEOUT_MS, () => end('closed'));
  });
}

function tryUdp({ address, port }: Attempt): Promise<Result> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => end('closed'), TIMEOUT_MS);
    const end = (result: Result): void => {
      clearTimeout(timer);
      socket.close();
      resolve(result);
    };
    socket.once('message', () => end('open'));
    socket.once('error', (error) => end(resultOf(error)));
    socket.connect(port, address, () => socket.send(QUESTION));
  });
}

const attempts = JSON.parse(await text(process.stdin)) as readonly Attempt[]; // attempts.ts
const results: Result[] = [];
const waiting = attempts.entries();
async function work(): Promise<void> {
  for (const [index, attempt] of waiting)
    results[index] = await (attempt.protocol === 'TCP' ? tryTcp : tryUdp)(attempt);
}
await Promise.all(Array.from({ length: AT_ONCE }, work));
process.stdout.write(JSON.stringify(results));
