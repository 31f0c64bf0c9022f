/** The session from the Secret volume, checked against what was admitted. Zone 4; docs/design.md#pod. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGrant } from '#envelope/grant.ts';
import type { SecretId, SecretName } from '#envelope/names.ts';
import type { Config } from './config.ts';
import { Failure } from './outcome.ts';

export interface Session {
  readonly grant: string;
  /** PEM: the only roots that the console's certificate may come from. */
  readonly ca: string;
  readonly idOf: ReadonlyMap<SecretName, SecretId>;
  /** The inner token of a secret. */
  token(id: SecretId): string;
}

const again = 'create the pod again';

function read(folder: string, name: string): Buffer {
  try {
    return readFileSync(join(folder, name));
  } catch (error) {
    throw new Failure('tampered', `the session’s Secret has no ${name}; ${again}`, error);
  }
}

function pinned(config: Config, name: string, sha256: string): string {
  const bytes = read(config.dirs.session, name);
  const digest = createHash('sha256').update(bytes).digest();
  if (!timingSafeEqual(digest, Buffer.from(sha256, 'hex'))) {
    throw new Failure(
      'tampered',
      `the session’s Secret was replaced: ${name} is not the admitted one; ${again}`,
    );
  }
  return bytes.toString('utf8');
}

/** Throws a Failure `tampered` when grant or roots are not those admitted, or a secret is not in the grant. */
export function readSession(config: Config): Session {
  const grant = pinned(config, 'grant', config.grantSha256);
  const ca = pinned(config, 'ca.crt', config.caSha256);
  const claims = readGrant(grant);
  if (!claims) throw new Failure('tampered', `the grant cannot be read; ${again}`);
  const idOf = new Map(claims.secrets.map(({ id, nam }) => [nam, id]));
  for (const { name } of [...config.files, ...config.variables]) {
    if (!idOf.has(name))
      throw new Failure('tampered', `the grant does not hold the secret ${name}; ${again}`);
  }
  return { grant, ca, idOf, token: (id) => read(config.dirs.session, id).toString('utf8') };
}
