/**
 * Makes the keys of a development cluster: one folder per zone, each with what only that zone may hold.
 * Development tool, no zone; docs/design.md#keys.
 */
import { generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);
type Jwk = Record<string, unknown>;

function both({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }) {
  return {
    // Node types JWKs as records of unknowns under another name.
    publicJwk: publicKey.export({ format: 'jwk' }) as Jwk,
    privateJwk: privateKey.export({ format: 'jwk' }) as Jwk,
  };
}

/** Paths of the files; each is a JWK set. */
export interface KeyFiles {
  readonly console: {
    readonly atRest: string;
    readonly ticketSigning: string;
    readonly cookie: string;
    readonly record: string;
    readonly envelopePublic: string;
    readonly grantPublic: string;
  };
  readonly keyservice: {
    readonly envelopePrivate: string;
    readonly grantSigning: string;
    readonly ticketPublic: string;
  };
}

function filesIn(dir: string): KeyFiles {
  const file = (zone: string, name: string): string => join(dir, zone, `${name}.json`);
  return {
    console: {
      atRest: file('console', 'at-rest'),
      cookie: file('console', 'cookie'),
      record: file('console', 'record'),
      ticketSigning: file('console', 'ticket-signing'),
      envelopePublic: file('console', 'envelope-public'),
      grantPublic: file('console', 'grant-public'),
    },
    keyservice: {
      envelopePrivate: file('keyservice', 'envelope-private'),
      grantSigning: file('keyservice', 'grant-signing'),
      ticketPublic: file('keyservice', 'ticket-public'),
    },
  };
}

async function writeKeys({ console: ours, keyservice }: KeyFiles): Promise<void> {
  const [envelope, ticket, grant] = await Promise.all([
    generate('rsa', { modulusLength: 2048 }).then(both),
    generate('ed25519').then(both),
    generate('ed25519').then(both),
  ]);
  const oct = (): Jwk => ({ kty: 'oct', k: randomBytes(32).toString('base64url') });
  const write = (file: string, key: Jwk): void => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify({ keys: [key] }), { mode: 0o600 });
  };
  write(ours.atRest, oct());
  write(ours.cookie, oct());
  write(ours.record, oct());
  write(ours.ticketSigning, ticket.privateJwk);
  write(ours.envelopePublic, envelope.publicJwk);
  write(ours.grantPublic, grant.publicJwk);
  write(keyservice.envelopePrivate, envelope.privateJwk);
  write(keyservice.grantSigning, grant.privateJwk);
  write(keyservice.ticketPublic, ticket.publicJwk);
}

/** Those that are there, or new ones, all together. */
export async function ensureKeys(dir: string): Promise<KeyFiles> {
  if (!existsSync(dir)) {
    const fresh = `${dir}.new`;
    rmSync(fresh, { recursive: true, force: true });
    await writeKeys(filesIn(fresh));
    renameSync(fresh, dir);
  }
  return filesIn(dir);
}
