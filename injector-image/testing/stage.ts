/** The set-up for tests of the init container: its bundle, a console's claim port, and sessions it answers honestly. */
import { randomBytes } from 'node:crypto';
import { build } from '../../scripts/build.ts';
import { honest, startClaims, type Claims } from './claims.ts';
import {
  createSession,
  runInjector,
  type Ended,
  type RunOptions,
  type Session,
  type SessionOptions,
} from './session.ts';

/** In secrets whose plaintext must never appear. */
export const MARKER = 'VALUE-MARKER';

export interface Stage {
  readonly claims: Claims;
  /** By default with two secrets, one of which holds the marker. */
  session(options?: Partial<SessionOptions>): Promise<Session>;
  /** By default gives up on the console after a second. */
  run(session: Session, options?: RunOptions): Promise<Ended>;
  close(): Promise<void>;
}

export async function startStage(): Promise<Stage> {
  const [built] = await build({ names: ['injector'] });
  const bundle = built?.file ?? '';
  const claims = await startClaims();
  return {
    claims,
    session: async (options) => {
      const secrets = { 'db-password': Buffer.from(MARKER), 'aws-key': randomBytes(64) };
      const created = await createSession({ secrets, ca: claims.ca, claimUrl: claims.url, ...options });
      claims.answerWith(honest(created));
      return created;
    },
    run: (session, { env, ...options } = {}) =>
      runInjector(bundle, session, { ...options, env: { TWOFOLD_CLAIM_SECONDS: '1', ...env } }),
    close: () => claims.close(),
  };
}
