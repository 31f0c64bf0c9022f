/**
 * A control plane's etcd put back to how it was, by its JSON gateway: what a drill made is gone, and what it changed
 * or removed is as before. API server and controllers see it as writes of others, as they always do. Starting a new
 * control plane takes ten times as long.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createJsonClient } from '../../scripts/dev/https-json.ts';

/** Key to value, both in base64. */
type Contents = ReadonlyMap<string, string>;

export interface Etcd {
  contents(): Promise<Contents>;
  restore(contents: Contents): Promise<void>;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Every object of the API server: from `/registry/` to the next prefix. */
const objects = { key: base64('/registry/'), range_end: base64('/registry0') };

/** Of a control plane in this folder (scripts/kubernetes/control-plane). */
export function createEtcd(folder: string): Etcd {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8').trim();
  const pki = (name: string): string => read(join('pki', name));
  const url = read('etcd.url');
  const tls = { ca: pki('ca.crt'), cert: pki('etcd-client.crt'), key: pki('etcd-client.key') };

  const using = async <T>(work: (call: (method: string, body: object) => Promise<unknown>) => Promise<T>) => {
    const client = createJsonClient(tls);
    try {
      return await work(async (method, body) => {
        const answer = await client.call({ url: `${url}/v3/kv/${method}`, method: 'POST', body });
        if (answer.status !== 200) throw new Error(`etcd: ${method}: ${JSON.stringify(answer.body)}`);
        return answer.body;
      });
    } finally {
      client.close();
    }
  };

  const contents = (): Promise<Contents> =>
    using(async (call) => {
      const { kvs } = (await call('range', objects)) as { kvs: { key: string; value: string }[] }; // etcd's own
      return new Map(kvs.map(({ key, value }) => [key, value]));
    });

  return {
    contents,
    restore: async (before) => {
      const now = await contents();
      await using(async (call) => {
        for (const key of now.keys()) if (!before.has(key)) await call('deleterange', { key });
        for (const [key, value] of before) if (now.get(key) !== value) await call('put', { key, value });
      });
    },
  };
}
