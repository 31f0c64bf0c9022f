/** Stands on a connection between two services, and cuts it after so many bytes of one direction. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Direction = 'there' | 'back';

interface Cut {
  readonly direction: Direction;
  readonly bytes: number;
  /** How many connections are cut; all of them where there is no number. */
  readonly connections?: number;
}

export interface Cutter {
  readonly url: string;
  readonly port: number;
  /** Where connections lead. */
  target: string;
  /** Every connection from now on is cut there; none, where there is no cut. Those that are open are closed. */
  cutAt(cut: Cut | undefined): void;
  /** Bytes of the longest connection since the last call of `cutAt`. */
  longest(): Readonly<Record<Direction, number>>;
  close(): void;
}

export async function startCutter(): Promise<Cutter> {
  const sockets = new Set<Socket>();
  let cut: Cut | undefined;
  /** Connections still to be cut. */
  let left = 0;
  let longest = { there: 0, back: 0 };
  const closeAll = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const pass = (direction: Direction, from: Socket, to: Socket, at: Cut | undefined): void => {
    let passed = 0;
    from.on('data', (data: Buffer) => {
      const room = at?.direction === direction ? at.bytes - passed : data.length;
      to.write(data.subarray(0, room));
      passed += Math.min(room, data.length);
      longest = { ...longest, [direction]: Math.max(longest[direction], passed) };
      if (data.length < room || at?.direction !== direction) return;
      // What was passed on arrives before the end.
      to.end();
      from.destroy();
    });
  };
  const server = createServer((near) => {
    const { hostname, port } = new URL(cutter.target);
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
    const at = left > 0 ? cut : undefined;
    left -= 1;
    pass('there', near, far, at);
    pass('back', far, near, at);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server that listens has a port
  const cutter: Cutter = {
    url: `https://127.0.0.1:${port}`,
    port,
    target: '',
    cutAt: (next) => {
      cut = next;
      left = next?.connections ?? Infinity;
      longest = { there: 0, back: 0 };
      closeAll();
    },
    longest: () => longest,
    close: () => {
      closeAll();
      server.close();
    },
  };
  return cutter;
}
