/** The use cases, put together over one set of ports. Zone 1; docs/design.md#api. */
import type { Cipher } from '#envelope/cipher.ts';
import { createClaim, type Claim } from './claim.ts';
import { createPodCheck } from './claiming-pod.ts';
import { createClientSealing, type ClientSealing } from './client-sealing.ts';
import type { Cluster } from './cluster.ts';
import { createGuard, type GuardPolicy } from './guard.ts';
import { createIds } from './ids.ts';
import type { Keys } from './keys.ts';
import { createLaunchers } from './launchers.ts';
import { createNamespaces, type Namespaces, type NamespacesConfig } from './namespaces.ts';
import { createOwners, type Owners } from './owners.ts';
import { createFindPodOwner } from './pod-owner.ts';
import { createResolve, type Resolve } from './resolve.ts';
import { createQuotas, type QuotaConfig, type Quotas } from './quotas.ts';
import { createSealing } from './sealing.ts';
import { createSecretWriting } from './secret-writing.ts';
import { createSecrets, type Secrets, type SecretsConfig } from './secrets.ts';
import { createSessionKeys } from './session-keys.ts';
import { createStartLimits, type StartLimitConfig } from './start-limits.ts';
import type { Database } from './stores.ts';
import { createTicketCheck } from './ticket-check.ts';
import {
  createMintTicket,
  createTicketHash,
  type MintConfig,
  type MintTicket,
  type TicketHash,
} from './ticket-minting.ts';
import {
  createFindTicket,
  createListTickets,
  createTickets,
  type FindTicket,
  type ListTickets,
  type TicketConfig,
  type Tickets,
} from './tickets.ts';
import { recordingRefusals, type Calls } from './use-case.ts';
import { createUserKeys, type UserKeys } from './user-keys.ts';
import { createWebSessions, type WebSessionConfig, type WebSessions } from './web-sessions.ts';

interface SessionUseCases {
  readonly resolve: Resolve;
  readonly claim: Claim;
}

/** What routes call. */
export interface UseCases extends Calls<Secrets & ClientSealing & Tickets & SessionUseCases> {
  readonly owners: Owners;
  readonly listTickets: ListTickets;
  readonly findTicket: FindTicket;
  readonly webSessions: WebSessions;
}

interface UseCasePorts {
  readonly database: Database;
  readonly cipher: Cipher;
  readonly clock: () => number;
  /** Monotonic milliseconds. */
  readonly elapsed: () => number;
  readonly sha256Hex: (text: string) => string;
  readonly keys: Keys;
  readonly cluster: Cluster & { readGuardPolicy(name: string): Promise<GuardPolicy | undefined> };
  /** Why the cluster gave no usable answer, for the log. */
  readonly onUnavailable: (reason: string) => void;
}

interface UseCaseConfig
  extends
    SecretsConfig,
    MintConfig,
    TicketConfig,
    QuotaConfig,
    StartLimitConfig,
    WebSessionConfig,
    NamespacesConfig {
  /** The identity provider. */
  readonly loginIssuer: string;
  readonly firstClaimSeconds: number;
}

function createSessions(
  ports: UseCasePorts & {
    userKeys: UserKeys;
    mintTicket: MintTicket;
    quotas: Quotas;
    ticketHash: TicketHash;
    namespaces: Namespaces;
  },
  config: UseCaseConfig,
): SessionUseCases {
  const { database, clock, keys, cluster, ticketHash, quotas, mintTicket, namespaces } = ports;
  const limits = createStartLimits(config, ports.elapsed);
  const guard = createGuard({
    readGuardPolicy: (name) => cluster.readGuardPolicy(name),
    clock,
    launchers: config.launchers,
  });
  const launchers = createLaunchers(
    { logins: database.logins, issuer: config.loginIssuer, guard, clock },
    config.launchers,
  );
  const ticketCheck = createTicketCheck(
    {
      tickets: database.tickets,
      sessions: database.sessions,
      ticketHash,
      clock,
      verifiers: keys.tickets.verifiers,
    },
    config,
  );
  const findPodOwner = createFindPodOwner({ ticketCheck, launchers, limits });
  const ids = createIds((bytes) => ports.cipher.random(bytes));
  return {
    resolve: createResolve(
      { database, findPodOwner, mintTicket, launchers, ids, clock, limits, quotas, namespaces },
      config,
    ),
    claim: createClaim(
      {
        limits,
        database,
        cluster,
        clock,
        grantVerifiers: keys.grants,
        onUnavailable: ports.onUnavailable,
        sessionKeys: createSessionKeys(ports),
        checkPod: createPodCheck({ ticketHash }),
      },
      config,
    ),
  };
}

export function createUseCases(ports: UseCasePorts, config: UseCaseConfig): UseCases {
  const { database, cipher, clock, keys } = ports;
  const ids = createIds((bytes) => cipher.random(bytes));
  const userKeys = createUserKeys({ userKeys: database.userKeys, cipher, clock, atRest: keys.atRest });
  const quotas = createQuotas(config);
  const sealingPorts = { database, userKeys, cipher, ids, clock, envelopeKey: keys.envelope, quotas };
  const ticketHash = createTicketHash(ports);
  const mintTicket = createMintTicket({ ids, clock, keys: keys.tickets, ticketHash }, config);
  const namespaces = createNamespaces(ports, config);
  const writing = createSecretWriting({ ...sealingPorts, sealing: createSealing(sealingPorts) });
  const table = {
    ...createSecrets(writing, config),
    ...createClientSealing(sealingPorts),
    ...createTickets({ database, clock, quotas, mintTicket, namespaces }, config),
    ...createSessions({ ...ports, userKeys, mintTicket, quotas, ticketHash, namespaces }, config),
  };
  return {
    ...recordingRefusals({ audit: database.audit, clock }, table),
    owners: createOwners({ database, ids, clock }),
    listTickets: createListTickets(database),
    findTicket: createFindTicket(database),
    webSessions: createWebSessions({ database, quotas, ids, sha256Hex: ports.sha256Hex, clock }, config),
  };
}
