/** An attempt to be the console to those who come to it, which takes a place on the way. */
import { createHttpsClient } from '#platform/https-client.ts';
import { startRelay } from '../../relay.ts';
import type { Attempt } from './attempt.ts';
import { openWith } from './kubernetes.ts';
import type { Holding, Leaf } from './loot.ts';
import { certificates } from './ports.ts';
import type { Report } from './report.ts';
import type { World } from './world.ts';

/** What the console is sent, and what it answers: of values that it seals, and of derived keys. */
interface Overheard {
  readonly value?: string;
  readonly keys?: Parameters<typeof openWith>[0];
}

/** Hands everything on to the real console, and looks at it on the way. */
async function standBetween(leaf: Leaf, world: World, hear: (heard: Overheard) => Promise<void>) {
  const { console: page, consoleClaim } = world.urls;
  const client = createHttpsClient({ ca: world.ca });
  const relay = await startRelay(leaf, async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const { authorization = '' } = request.headers;
    const path = request.url ?? '/';
    const answer = await client.call({
      method: request.method ?? 'GET',
      url: (path.startsWith('/internal/') ? consoleClaim : page) + path,
      headers: { 'content-type': 'application/json', authorization },
      body: Buffer.concat(parts),
      timeoutMs: 15_000,
      maxResponseBytes: 1_000_000,
    });
    // Each a JSON object.
    await hear(JSON.parse(Buffer.concat(parts).toString()) as Overheard);
    await hear(JSON.parse(answer.body.toString()) as Overheard);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  return {
    url: relay.url,
    close: () => {
      client.close();
      relay.close();
    },
  };
}

async function beThere(leaf: Leaf, held: Holding, world: World, report: Report): Promise<void> {
  const between = await standBetween(leaf, world, async ({ value, keys }) => {
    if (value !== undefined) report.read(Buffer.from(value));
    if (keys !== undefined) await openWith(keys, held.innerTokens, report);
  });
  try {
    for (const _way of held.ways) await world.comeBy(between.url);
  } finally {
    between.close();
  }
}

function beTheConsole(reads: string): Attempt {
  return {
    name: `be the console on the way to it, for ${reads}`,
    needs: [['leaves', 'roots']],
    uses: ['ways', 'innerTokens'],
    control: { sets: ['console-tls', 'way', 'session-secrets'], reads },
    run: async (held, world, report) => {
      const servers = (await certificates(held, world)).filter(({ name }) =>
        /^CN=console\.|^console$/.test(name),
      );
      for (const leaf of servers) await beThere(leaf, held, world, report);
      if (servers.length > 0 && held.ways.length === 0) report.stopped('nobody comes by');
    },
  };
}

export const network: readonly Attempt[] = [beTheConsole('alice/typed'), beTheConsole('alice/running')];
