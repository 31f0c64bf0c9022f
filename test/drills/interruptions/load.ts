/** Work that goes on while services are killed under it, and what was acknowledged of it. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Pod } from '../../../scripts/dev/kubernetes/objects.ts';
import type { Person } from '../../../scripts/dev/person.ts';
import { nameOf, sessions, type Drill } from '../cluster.ts';

/** Of one name: what is stored is one of these. */
interface Stored {
  /** What the console said last that it had stored. */
  acknowledged: string | undefined;
  /** Sent since, and not answered, or not with a success. */
  readonly open: Set<string>;
}

export interface Told {
  readonly secrets: ReadonlyMap<string, Stored>;
  /** Annotations of tickets that the console said were revoked. */
  readonly revoked: readonly Readonly<Record<string, string>>[];
  /** Pods that the API server said were created, the newest. */
  readonly pods: readonly Pod[];
  /** How often something was acknowledged. */
  readonly count: Readonly<Record<'writes' | 'revocations' | 'pods' | 'claims', number>>;
}

const WRITERS = 3;
const NAMES = 4;
const KEPT_PODS = 15;
const PAUSE_MS = 50;

export interface LoadOptions {
  readonly drill: Drill;
  readonly person: Person;
  /** Of a secret that does not change: its annotations, and its one file. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly file: readonly [name: string, value: string];
}

/** An answer, or undefined where there was none: the connection broke, or nobody listened. */
async function answered<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch {
    return undefined;
  }
}

export function startLoad({ drill, person, annotations, file: [name, value] }: LoadOptions) {
  const secrets = new Map<string, Stored>();
  const revoked: Readonly<Record<string, string>>[] = [];
  const pods: Pod[] = [];
  const count = { writes: 0, revocations: 0, pods: 0, claims: 0 };
  const wrong: string[] = [];
  let over = false;

  const write = async (secret: string, next: string): Promise<void> => {
    const stored = secrets.get(secret) ?? { acknowledged: undefined, open: new Set() };
    secrets.set(secret, stored);
    stored.open.add(next);
    const known = await answered(() => person.call('PUT', `/api/v1/secrets/${secret}`, { value: next }));
    const body = { name: secret, value: next };
    const last =
      known?.status === 404 ? await answered(() => person.call('POST', '/api/v1/secrets', body)) : known;
    if (last?.status !== 200 && last?.status !== 201) return;
    stored.acknowledged = next;
    stored.open.clear();
    count.writes += 1;
  };
  const writing = async (worker: number): Promise<void> => {
    for (let n = 0; !over; n += 1) await write(`w${worker}-${n % NAMES}`, `${worker}-${n}`);
  };
  const revoking = async (): Promise<void> => {
    while (!over) {
      await wait(PAUSE_MS);
      const ticket = await answered(() => person.ticket({ namespace: sessions, secrets: [name] }));
      const gone = ticket && (await answered(() => person.call('DELETE', `/api/v1/tickets/${ticket.jti}`)));
      if (!ticket || gone?.status !== 204) continue;
      revoked.push(ticket.annotations);
      count.revocations += 1;
    }
  };
  const claim = async (pod: Pod): Promise<void> => {
    const ended = await answered(() => drill.runPod(pod));
    // It gives up after a while where nobody answers; then the kubelet would start it again.
    if (ended?.exitCode !== 0) return;
    if (ended.files[name]?.toString() !== value) wrong.push(`${pod.metadata.name ?? ''} got another value`);
    count.claims += 1;
  };
  const starting = async (): Promise<void> => {
    while (!over) {
      await wait(PAUSE_MS);
      const answer = await answered(() =>
        drill.createPod(annotations, { metadata: { name: nameOf('load'), annotations } }),
      );
      if (answer?.status !== 201) continue;
      const pod = answer.body as Pod; // the API server's own
      pods.push(pod);
      count.pods += 1;
      if (count.pods % 3 === 0) await claim(pod);
      if (pods.length <= KEPT_PODS) continue;
      const path = `/api/v1/namespaces/${sessions}/pods/${pods.shift()?.metadata.name ?? ''}`;
      await answered(() => drill.admin.call('DELETE', `${path}?gracePeriodSeconds=0`));
    }
  };
  const workers = [
    ...Array.from({ length: WRITERS }, (_, worker) => writing(worker)),
    revoking(),
    starting(),
    starting(),
  ];
  return {
    stop: async (): Promise<Told & { readonly wrong: readonly string[] }> => {
      over = true;
      await Promise.all(workers);
      return { secrets, revoked, pods, count, wrong };
    },
  };
}
