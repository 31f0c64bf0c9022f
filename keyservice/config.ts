/** The keyservice's settings, as data. Zone 3; docs/design.md#settings. */
import { MAX_NAMES } from '#envelope/limits.ts';
import { keysOfTwoUses } from '#platform/key-uses.ts';
import { serviceSettings } from '#platform/service.ts';
import {
  file,
  integer,
  list,
  optional,
  outputPath,
  path,
  port,
  text,
  type Values,
} from '#platform/settings.ts';
import { parseEnvelopeKeys, parseSigningKeys, parseVerifyingKeys } from './key-sets.ts';

const DAY_SECONDS = 24 * 60 * 60;
const clientName = /^[A-Za-z0-9.-]{1,64}$/;

export const keyserviceSettings = {
  ...serviceSettings,
  port: port('TWOFOLD_PORT', { doc: 'HTTPS with client certificates: `/v1`.', fallback: '8443' }),
  tlsDir: path('TWOFOLD_TLS_DIR', {
    doc: 'Folder with `tls.crt`, `tls.key`, and in `ca.crt` the roots of client certificates. Read again when it changes.',
  }),
  unwrapClients: list('TWOFOLD_UNWRAP_CLIENTS', {
    doc: 'Common names of client certificates that may `unwrap`.',
    pattern: clientName,
    fallback: 'webhook-unwrap',
  }),
  rewrapClients: list('TWOFOLD_REWRAP_CLIENTS', {
    doc: 'Common names of client certificates that may `rewrap`.',
    pattern: clientName,
    fallback: 'console-rewrap',
  }),
  envelopeKeys: file('TWOFOLD_ENVELOPE_PRIVATE_KEYS_FILE', {
    doc: 'Keys that open envelopes, newest first: `rewrap` seals to the first.',
    kind: 'a JWK set of RSA private keys',
    parse: parseEnvelopeKeys,
  }),
  grantSigningKeys: file('TWOFOLD_GRANT_SIGNING_KEYS_FILE', {
    doc: 'Keys for grants, newest first: the first signs.',
    kind: 'a JWK set of Ed25519 private keys',
    parse: parseSigningKeys,
  }),
  ticketKeys: file('TWOFOLD_TICKET_PUBLIC_KEYS_FILE', {
    doc: 'The console’s keys that tickets may be signed with; a retired key stays for the longest life of a ticket.',
    kind: 'a JWK set of Ed25519 public keys',
    parse: parseVerifyingKeys,
  }),
  ticketIssuer: text('TWOFOLD_TICKET_ISSUER', { doc: 'The console’s public URL, as tickets name it.' }),
  cluster: text('TWOFOLD_CLUSTER', { doc: 'This cluster’s name, the audience of tickets and grants.' }),
  grantLifeSeconds: integer('TWOFOLD_GRANT_LIFE_SECONDS', {
    doc: 'How long after `unwrap` a session may claim for the first time.',
    min: 60,
    max: 30 * DAY_SECONDS,
    fallback: String(DAY_SECONDS),
  }),
  auditFile: outputPath('TWOFOLD_AUDIT_FILE', {
    doc: 'Where audit records are appended; `-` is standard output.',
    fallback: '-',
  }),
  workers: optional(
    integer('TWOFOLD_WORKERS', {
      doc: 'Threads that open envelopes. Not set: one for each core that the process may use.',
      min: 1,
      max: 256,
    }),
  ),
  queueLimit: integer('TWOFOLD_QUEUE_LIMIT', {
    doc: 'Envelopes that may wait to be opened; beyond that, calls are refused with 503.',
    min: MAX_NAMES,
    max: 1_000_000,
    fallback: '4096',
  }),
} as const;

export type KeyserviceConfig = Values<typeof keyserviceSettings>;

/** If a grant key also verified tickets, anyone able to sign the one could make the other. */
export function contradictionsOf({ ticketKeys, grantSigningKeys }: KeyserviceConfig): string[] {
  return keysOfTwoUses([
    {
      variable: keyserviceSettings.grantSigningKeys.variable,
      kids: grantSigningKeys.map(({ kid }) => kid),
    },
    { variable: keyserviceSettings.ticketKeys.variable, kids: ticketKeys.map(({ kid }) => kid) },
  ]);
}
