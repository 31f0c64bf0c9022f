/**
 * Sessions created at a steady rate, whatever happens to the previous ones: each for real (Lease, Secret, pod), but gated,
 * so that the kubelet is not what is measured.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createApi, type ApiAnswer } from '../../../scripts/dev/api.ts';
import type { Cluster } from '../cluster/connection.ts';
import { GATE } from './pods.ts';
import type { Scenario } from './scenario.ts';

interface Load {
  /** Stops it, and waits for the last responses. */
  stop(): Promise<{ readonly admitted: number; readonly failures: readonly string[] }>;
}

function said({ status, message }: ApiAnswer): string {
  return `${status}: ${message}`;
}

/** Open loop: a slow response delays no other, as with many users. */
export function startLoad(cluster: Cluster, scenario: Scenario, perSecond: number): Load {
  const api = createApi(cluster.config);
  const path = `/api/v1/namespaces/${cluster.sessions}/pods`;
  const answers: Promise<ApiAnswer>[] = [];
  const create = (): void => {
    const body = scenario.session({ spec: GATE });
    answers.push(api.call({ method: 'POST', path, body }));
  };
  const timer = setInterval(create, 1000 / perSecond);
  return {
    stop: async () => {
      clearInterval(timer);
      const ended = await Promise.all(answers);
      const failed = ended.filter(({ status }) => status !== 201);
      return { admitted: ended.length - failed.length, failures: failed.map(said) };
    },
  };
}

/** Creates sessions while `work` runs, starting a little before it and ending a little after. */
export async function underLoad(
  load: () => Load,
  work: () => Promise<void>,
): Promise<{ readonly admitted: number; readonly failures: readonly string[] }> {
  const running = load();
  try {
    await wait(1000);
    await work();
    await wait(1000);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return await running.stop();
}
