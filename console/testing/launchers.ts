/** Consoles that trust launchers, with the whole guard in force for them. */
import { guardLines, type Launcher } from '#platform/launchers.ts';
import { launchersFile } from '../../test/launchers.ts';
import { startTestConsole, type DatabaseKind, type TestConsole } from './console.ts';
import { wholeGuard } from './kubernetes.ts';

/** Like `startTestConsole`. */
export async function startTrusting(
  launchers: readonly Launcher[],
  kind: DatabaseKind,
  env: Readonly<Record<string, string>> = {},
  elapsed?: () => number,
): Promise<TestConsole> {
  const settings = { TWOFOLD_LAUNCHERS_FILE: launchersFile(...launchers), ...env };
  const running = await startTestConsole(kind, settings, elapsed);
  putGuard(running, guardLines(launchers));
  return running;
}

/** Replaces the guard with that of these lines. */
export function putGuard({ kubernetes }: TestConsole, lines: readonly string[]): void {
  for (const [path, object] of wholeGuard(lines)) kubernetes.guard.set(path, object);
}
