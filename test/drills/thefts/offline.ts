/** Attempts that ask nobody: copies are opened with every key that is held. */
import type { Attempt } from './attempt.ts';
import { createOpener } from './openings.ts';

const openStored: Attempt = {
  name: 'open what is stored',
  needs: [['rows']],
  uses: ['atRestKeys', 'rsaKeys', 'cookieKeys', 'recordKeys'],
  control: { sets: ['database', 'at-rest', 'rsa'], reads: 'carol/stored' },
  run: async (held, _world, report) => {
    const opener = createOpener(held, report);
    for (const parts of opener.envelopes) {
      const token = await opener.outer(parts);
      if (token !== undefined) await opener.inner(token, parts);
    }
  },
};

const openDelivered: Attempt = {
  name: 'open what sessions were given',
  needs: [['innerTokens']],
  uses: ['rows', 'atRestKeys', 'rsaKeys', 'cookieKeys', 'recordKeys'],
  control: { sets: ['session-secrets', 'database', 'at-rest'], reads: 'alice/running' },
  run: async (held, _world, report) => {
    const opener = createOpener(held, report);
    for (const { id, token } of held.innerTokens) await opener.innerById(token, id);
  },
};

export const offline: readonly Attempt[] = [openStored, openDelivered];
