/**
 * Sessions of the page: opened at login under a new id, ended by logout, idle time, and age.
 * Zone 1; docs/design.md#page. The browser's cookie names one; it is ended here, so a cookie that was
 * copied ends with it.
 */
import type { OwnerId } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { Ids } from './ids.ts';
import type { Quotas } from './quotas.ts';
import type { Database } from './stores.ts';

export interface WebSessions {
  /** Opens one; ends the one that the browser had. */
  open(ownerId: OwnerId, before: string | undefined): Promise<string>;
  /** Whose it is, while it lasts; counts as a use. */
  enter(id: string): Promise<OwnerId | undefined>;
  end(id: string): Promise<void>;
}

export interface WebSessionConfig {
  readonly webIdleSeconds: number;
  readonly webLifeSeconds: number;
}

interface Ports {
  readonly database: Pick<Database, 'write' | 'webSessions'>;
  readonly quotas: Pick<Quotas, 'webSession'>;
  readonly ids: Pick<Ids, 'webSession'>;
  readonly sha256Hex: (text: string) => string;
  readonly clock: () => number;
}

const TOUCH_EVERY_MS = 60_000;

export function createWebSessions(ports: Ports, config: WebSessionConfig): WebSessions {
  const { database, clock, sha256Hex } = ports;
  const limits = (now: number): { opened: number; seen: number } => ({
    opened: now - config.webLifeSeconds * 1000,
    seen: now - config.webIdleSeconds * 1000,
  });
  return {
    open: async (ownerId, before) => {
      const id = ports.ids.webSession();
      const now = clock();
      await database.write(async (stores) => {
        const { webSessions } = stores;
        await ports.quotas.webSession(stores, { ownerId, ended: limits(now) });
        if (before !== undefined) await webSessions.delete(sha256Hex(before));
        await webSessions.insert({ idHash: sha256Hex(id), ownerId, openedAt: now, seenAt: now });
        return ok(undefined);
      });
      return id;
    },
    enter: async (id) => {
      const idHash = sha256Hex(id);
      const row = await database.webSessions.find(idHash);
      const now = clock();
      const { opened, seen } = limits(now);
      if (!row) return undefined;
      if (row.openedAt <= opened || row.seenAt <= seen) {
        // What has ended stays so, even if the clock is set back.
        await database.webSessions.delete(idHash);
        return undefined;
      }
      if (now - row.seenAt >= TOUCH_EVERY_MS) await database.webSessions.touch(idHash, now);
      return row.ownerId;
    },
    end: (id) => database.webSessions.delete(sha256Hex(id)),
  };
}
