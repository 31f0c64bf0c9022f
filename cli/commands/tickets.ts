/** `ticket`, `tickets list`, `tickets revoke`. Zone 0; docs/design.md#tickets. */
import { annotations } from '#envelope/annotations.ts';
import { columns } from '#platform/columns.ts';
import { dataOf, expectDone, type Api, type Schemas } from '../api/client.ts';
import { command } from '../command.ts';
import { codeOf, failure } from '../failure.ts';
import { time } from '../output.ts';
import { demandSecrets, each } from '../several.ts';
import { demandDuration } from '../time.ts';
import { demandName, listAll } from './secrets.ts';

const PAGE = 100;

export const ticketOptions = {
  namespace: { value: 'NS', short: 'n', doc: 'The Kubernetes namespace of the session.' },
  'service-account': { value: 'NAME', doc: 'The session’s service account.' },
  pod: { value: 'NAME', doc: 'Only for pods of this name, or with this prefix: train-*' },
  uses: { value: 'N', doc: 'Only for this many sessions.' },
  ttl: {
    value: 'TIME',
    doc: 'For how long sessions may start with it: 8h, 7d. The console has a default and a limit.',
  },
} as const;

interface TicketLimits {
  readonly uses: string | undefined;
  readonly ttl: string | undefined;
}

/** The members of a ticket request that the options give. */
export function limitsOf({ uses, ttl }: TicketLimits): { uses?: number; ttlSeconds?: number } {
  if (uses !== undefined && !/^[1-9]\d{0,8}$/.test(uses))
    throw failure('usage', '--uses is not a number above 0.');
  return {
    ...(uses === undefined ? {} : { uses: Number(uses) }),
    ...(ttl === undefined ? {} : { ttlSeconds: demandDuration(ttl, '--ttl') }),
  };
}

export async function issue(api: Api, body: Schemas['TicketRequest']): Promise<Schemas['IssuedTicket']> {
  try {
    return dataOf(await api.POST('/api/v1/tickets', { body }));
  } catch (error) {
    // The console names the first that there is not.
    if (codeOf(error) === 'secret_unknown')
      demandSecrets(
        body.secrets,
        (await listAll(api)).map(({ name }) => name),
      );
    throw error;
  }
}

export function revocation({ jti, expiresAt }: Schemas['IssuedTicket']): string {
  return `Valid until ${time(expiresAt)}; revoke it with: twofold tickets revoke ${jti}`;
}

export const ticket = command({
  name: 'ticket',
  summary: 'Get a ticket: your consent that sessions start with these secrets.',
  detail:
    'Prints the annotations for a pod, or for the template it is made from. Anyone who can read a ticket and create\n' +
    'pods in that namespace under that account can use it, so narrow it: --pod, --uses, --ttl.',
  positionals: [{ name: 'SECRET', doc: 'names of secrets', many: true }],
  options: { ...ticketOptions, containers: annotations.containers.option },
  examples: [
    { line: 'twofold ticket db-password aws-key --namespace alice --pod notebook', doc: 'For one pod' },
    { line: 'twofold ticket db-password -n alice -o json | jq -r .ticket', doc: 'The ticket alone' },
  ],
  run: async (context, { positionals, options }) => {
    const { namespace, pod, containers } = options;
    if (namespace === undefined) {
      throw failure('usage', 'A ticket needs a namespace.', 'Name one with --namespace NS.');
    }
    const secrets = [...new Set(positionals.map(demandName))];
    const issued = await issue(await context.api(), {
      namespace,
      secrets,
      serviceAccount: options['service-account'] ?? 'default',
      ...(pod === undefined ? {} : { pod }),
      ...(containers === undefined ? {} : { containers: containers.split(',') }),
      ...limitsOf(options),
    });
    context.note(revocation(issued));
    const lines = Object.entries(issued.annotations).map(([key, value]) => `${key}: ${value}`);
    return { json: issued, text: lines.join('\n') };
  },
});

export const ticketsList = command({
  name: 'tickets list',
  summary: 'List your newest tickets and how often they were used.',
  options: {},
  examples: [{ line: 'twofold tickets list', doc: 'The newest 50; sessions of each with -o json' }],
  run: async (context) => {
    const { items } = dataOf(await (await context.api()).GET('/api/v1/tickets'));
    const state = ({ revokedAt, expiresAt }: Schemas['Ticket']): string => {
      if (revokedAt !== null) return 'revoked';
      return Date.parse(expiresAt) < context.now() ? 'expired' : 'valid';
    };
    const header = ['ID', 'STATE', 'UNTIL', 'NAMESPACE', 'POD', 'USED', 'SECRETS'];
    const rows = items.map((item) => [
      item.jti,
      state(item),
      time(item.expiresAt),
      item.namespace,
      item.pod ?? 'any',
      item.uses === null ? String(item.used) : `${item.used}/${item.uses}`,
      item.secrets.join(','),
    ]);
    return { json: { items }, text: items.length > 0 ? columns([header, ...rows]) : 'You have no tickets.' };
  },
});

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Does not repeat what may be a whole ticket. */
function demandIds(given: readonly string[]): void {
  const wrong = given.findIndex((id) => !ID.test(id));
  if (wrong < 0) return;
  const which = given.length === 1 ? 'That' : `Number ${wrong + 1}`;
  throw failure(
    'ticket_unknown',
    `${which} is not the id of a ticket; nothing was revoked.`,
    'twofold tickets list',
  );
}

/** Before the first is revoked. */
async function demandTickets(api: Api, ids: readonly string[]): Promise<void> {
  const missing = new Set(ids);
  for (let after: string | undefined; missing.size > 0;) {
    const query = { limit: PAGE, ...(after === undefined ? {} : { after }) };
    const { items } = dataOf(await api.GET('/api/v1/tickets', { params: { query } }));
    for (const { jti } of items) missing.delete(jti);
    if (items.length < PAGE) break;
    after = items.at(-1)?.jti;
  }
  if (missing.size === 0) return;
  const message = `You have no ticket ${[...missing].join(', ')}; nothing was revoked.`;
  throw failure('ticket_unknown', message, 'twofold tickets list');
}

export const ticketsRevoke = command({
  name: 'tickets revoke',
  summary: 'Revoke tickets: no session can start with them any more.',
  positionals: [{ name: 'ID', doc: 'ticket ids, from twofold tickets list', many: true }],
  options: {},
  examples: [
    { line: 'twofold tickets revoke 7e3f0b1c-9f0e-4d2a-8a7b-5a4e8f1d2c3b', doc: 'Takes effect immediately' },
  ],
  run: async (context, { positionals }) => {
    const ids = [...new Set(positionals)];
    demandIds(ids);
    const api = await context.api();
    await demandTickets(api, ids);
    await each(ids, {
      done: 'Revoked',
      notDone: 'not revoked',
      perform: async (jti) =>
        expectDone(await api.DELETE('/api/v1/tickets/{jti}', { params: { path: { jti } } })),
    });
    return { json: { revoked: ids }, text: `Revoked ${ids.join(', ')}.` };
  },
});
