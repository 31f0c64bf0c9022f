/**
 * A development cluster for tests that are not in Node: prints one line of JSON with its endpoints when everything
 * responds, and ends when standard input does. Development tool, no zone.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { development } from './environment.ts';
import { startStack } from './stack.ts';

const dir = mkdtempSync(join(tmpdir(), 'twofold-stack-'));
try {
  const stack = await startStack({ dir, people: ['alice', 'bob'], say: (line) => console.error(line) });
  const endpoints = {
    console: stack.urls.console,
    kubernetes: stack.kubernetes.url,
    ca: stack.caFile,
    bearers: stack.bearers,
    namespace: development.namespace,
    admin: readFileSync(stack.tokens.admin, 'utf8'),
  };
  process.stdout.write(`${JSON.stringify(endpoints)}\n`);
  for await (const _ of process.stdin);
  await stack.stop();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exit(0);
