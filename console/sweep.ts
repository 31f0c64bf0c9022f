/** Runs the retention sweep at start and every hour, until closed. Zone 1; docs/design.md#clean-up. */
import { describeError, type Log } from '#platform/log.ts';
import { prunables, type Retention } from './core/retention.ts';

const HOUR_MS = 3_600_000;

interface Sweeper {
  /** Resolves once the current step has ended. */
  close(): Promise<void>;
}

/** A sweep that fails is logged and retried an hour later: its steps are independent. */
export function startSweeper(retention: Retention, log: Log): Sweeper {
  let open = true;
  let timer: NodeJS.Timeout | undefined;
  const sweep = async (): Promise<void> => {
    try {
      const counts = await retention.sweep(() => open);
      for (const operation of prunables.filter((what) => counts[what] > 0)) {
        log.info('pruned', { operation, count: counts[operation] });
      }
    } catch (error) {
      log.error('the retention sweep failed', { error: describeError(error) });
    }
    if (open) timer = setTimeout(begin, HOUR_MS);
  };
  let running: Promise<void> | undefined;
  const begin = (): void => {
    running = sweep();
  };
  begin();
  return {
    close: async () => {
      open = false;
      clearTimeout(timer);
      await running;
    },
  };
}
