/** What the OpenAPI document says of each operation besides its schemas: a description, and an example. Zone 1; docs/design.md#api. */
import type { OperationId } from './operations.ts';

interface Example {
  /** What a caller must know that neither summary nor schemas say. */
  readonly description: string;
  /** Values of parameters in path and query. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly request?: object;
  readonly response?: object;
}

const secret = {
  id: '6f1c7a52-3a0e-4c55-9d2e-1f0a8a2b4c6d',
  name: 'db-password',
  version: 1,
  size: 13,
  envSafe: true,
  note: 'the lab’s reading account',
  createdAt: '2026-11-26T09:00:00.000Z',
  modifiedAt: '2026-11-26T09:00:00.000Z',
  expiresAt: null,
  lastUsedAt: null,
};
const ownerId = '0b2f4c7e-8a55-4f0e-9c1d-2e6a7b8c9d0e';
const jti = '3d9f0a1b-7c2e-4d5f-8a6b-9c0d1e2f3a4b';
const sid = '00112233445566778899aabbccddeeff';
const salt = 'AAECAwQFBgcICQoLDA0ODw';
const ticket = {
  jti,
  namespace: 'hub',
  serviceAccount: 'default',
  secrets: ['db-password'],
  pod: 'jupyter-ada',
  uses: 2,
  used: 1,
  launcher: null,
  issuedAt: '2026-11-26T09:00:00.000Z',
  expiresAt: '2026-11-26T09:10:00.000Z',
  revokedAt: null,
  sessions: [
    {
      sid,
      pod: 'jupyter-ada',
      podUid: 'd9b2d63d-a233-4123-847a-7090f1b2c3d4',
      openedAt: '2026-11-26T09:00:05.000Z',
      firstClaimAt: '2026-11-26T09:00:07.000Z',
      lastClaimAt: '2026-11-26T09:00:07.000Z',
      claims: 1,
    },
  ],
};

export const examples: Readonly<Record<OperationId, Example>> = {
  describeLogin: {
    description:
      'Where and as which client a program logs people in, and the audience that access tokens must have. Needs no token.',
    response: {
      issuer: 'https://login.example.org/realms/people',
      audience: 'twofold-console',
      clientId: 'twofold-cli',
      scope: 'openid offline_access',
      cluster: 'production',
    },
  },
  whoAmI: {
    description:
      'For a launcher that wants to know whether a token is one for this console. What is wrong with it is in `detail`.',
    response: { ownerId, issuer: 'https://login.example.org/realms/people', sub: 'ada' },
  },
  listSecrets: {
    description:
      'In the order of their names, without values. For the next page, `after` is the last name of this one; a page with fewer items than `limit` is the last.',
    parameters: { limit: 50, after: 'aws-key' },
    response: { items: [secret] },
  },
  createSecret: {
    description:
      'With `value` or `valueBase64`, the console seals the value and forgets it. With `envelope`, the caller has sealed it for a reservation (`POST /secrets/{name}/sealing`), and the console never sees it.',
    request: { name: 'db-password', value: 'correct horse', expiresAt: null },
    response: secret,
  },
  replaceSecret: {
    description:
      'Sessions that run keep the version that they started with. With `If-Match`, only if the stored version is the one that is named.',
    parameters: { name: 'db-password' },
    request: { value: 'correct horse battery' },
    response: { ...secret, version: 2, size: 21, modifiedAt: '2026-11-26T10:00:00.000Z' },
  },
  updateSecret: {
    description:
      'What is absent stays; null takes away an expiry. A note is readable by whoever reads the list, so it never holds the value.',
    parameters: { name: 'db-password' },
    request: { expiresAt: '2027-01-31T23:00:00Z', note: 'the lab’s reading account' },
    response: { ...secret, expiresAt: '2027-01-31T23:00:00.000Z' },
  },
  deleteSecret: {
    description:
      'For good. Sessions that run keep their files; pods that still name it are refused, and so are claims of sessions that wait.',
    parameters: { name: 'db-password' },
  },
  reserveSealing: {
    description:
      'Reserves id, version and salt of one write for ten minutes. The caller seals the inner layer with `innerKey`, the outer one to `publicKey` (compare its `kid` with the one that you know), and sends both as `envelope`.',
    parameters: { name: 'db-password' },
    response: {
      ownerId,
      secretId: secret.id,
      version: 1,
      gen: 1,
      salt,
      innerKey: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
      publicKey: {
        kty: 'RSA',
        n: 'u1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0_IzW7yWR7QkrmBL7jTKEn5u',
        e: 'AQAB',
        alg: 'RSA-OAEP-256',
        use: 'enc',
        kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
      },
      expiresAt: '2026-11-26T09:10:00.000Z',
    },
  },
  issueTicket: {
    description:
      'The person’s consent to one place: these secrets, in pods of this namespace, service account and name. Put `annotations` on the pod, or on the template that it is made from; a ticket in a template serves every pod made from it until it expires, is revoked or has no uses left.',
    request: {
      namespace: 'hub',
      serviceAccount: 'default',
      pod: 'jupyter-ada',
      secrets: ['db-password', 'aws-key'],
      files: [{ name: 'aws-key', path: 'aws/credentials' }],
      mountPath: '/secrets',
      containers: ['notebook'],
      ttlSeconds: 600,
    },
    response: {
      ticket: 'eyJ…',
      jti,
      expiresAt: '2026-11-26T09:10:00.000Z',
      annotations: {
        'twofold.dev/secrets': 'db-password,aws-key=aws/credentials',
        'twofold.dev/mount-path': '/secrets',
        'twofold.dev/containers': 'notebook',
        'twofold.dev/ticket': 'eyJ…',
      },
    },
  },
  listTickets: {
    description:
      'With the sessions that used each, those that are revoked or have expired too, unless `live` is `true`; only those that name `secret`, where it is given. For the next page, `after` is the last `jti` of this one.',
    parameters: { limit: 50, after: jti, secret: 'db-password', live: 'true' },
    response: {
      items: [ticket],
    },
  },
  getTicket: {
    description: 'Of the caller, whether it is live, has been revoked or has expired.',
    parameters: { jti },
    response: ticket,
  },
  revokeTicket: {
    description: 'No pod starts with it from then on. Sessions that have started keep their files.',
    parameters: { jti },
  },
  listAudit: {
    description:
      'What was done or refused in the caller’s name, with names and never values. For the next page, `after` is the last `id` of this one.',
    parameters: { limit: 50, after: '1042', secret: 'db-password', session: sid },
    response: {
      items: [
        {
          id: '1041',
          at: '2026-11-26T09:00:07.000Z',
          actor: 'system:serviceaccount:hub:default',
          action: 'claim',
          outcome: 'done',
          code: null,
          asserted: null,
          dryRun: false,
          names: ['db-password'],
          nameCount: null,
          secretIds: [secret.id],
          version: null,
          namespace: 'hub',
          pod: 'jupyter-ada',
          podUid: 'd9b2d63d-a233-4123-847a-7090f1b2c3d4',
          kid: null,
          sid,
          jti,
        },
      ],
    },
  },
};
