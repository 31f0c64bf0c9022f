/** `make deploy` from within the scenarios, as make runs it inside the cluster's namespaces. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../scripts/deploy/main.ts', import.meta.url));

/** Its exit code, and everything that it printed. */
export async function deployment(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly printed: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, printed: out + err };
}
