/**
 * Makes the keys of a development cluster: one folder per zone, each with what only that zone may hold.
 * Development tool, no zone; docs/design.md#keys.
 */
import { generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

export async function makeKeys(dir: string): Promise<KeyFiles> {
  const [envelope, ticket, grant] = await Promise.all([
    generate('rsa', { modulusLength: 2048 }).then(both),
    generate('ed25519').then(both),
    generate('ed25519').then(both),
  ]);
  const oct = (): Jwk => ({ kty: 'oct', k: randomBytes(32).toString('base64url') });
  const write = (zone: string, name: string, key: Jwk): string => {
    const folder = join(dir, zone);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify({ keys: [key] }), { mode: 0o600 });
    return file;
  };
  return {
    console: {
      atRest: write('console', 'at-rest', oct()),
      cookie: write('console', 'cookie', oct()),
      record: write('console', 'record', oct()),
      ticketSigning: write('console', 'ticket-signing', ticket.privateJwk),
      envelopePublic: write('console', 'envelope-public', envelope.publicJwk),
      grantPublic: write('console', 'grant-public', grant.publicJwk),
    },
    keyservice: {
      envelopePrivate: write('keyservice', 'envelope-private', envelope.privateJwk),
      grantSigning: write('keyservice', 'grant-signing', grant.privateJwk),
      ticketPublic: write('keyservice', 'ticket-public', ticket.publicJwk),
    },
  };
}
