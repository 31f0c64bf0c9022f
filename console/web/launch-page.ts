/**
 * `/launch`: a page that a launcher opens or embeds, where a person chooses what a session may read. Zone 1;
 * docs/design.md#page. Its answer goes to an origin that the operator has listed, in a message or a form,
 * never in an address.
 */
import type { Request } from 'express';
import { launchFields, type MemberValues } from '#envelope/annotation-values.ts';
import { parseSecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { Refusal } from '../core/outcome.ts';
import type { SecretStore } from '../core/stores.ts';
import type { TicketRequest } from '../core/tickets.ts';
import type { UseCases } from '../core/use-cases.ts';
import { noteRefusal } from '../http/answer.ts';
import { refusals } from '../refusals.ts';
import { failurePage } from './plain-pages.ts';
import type { Form } from './forms.ts';
import type { Page, PageAnswer } from './frame.ts';
import { html } from './html.ts';
import { launchForm, nothingPicked, type LaunchForm, type Picks } from './launch-form.ts';
import { launchAgain, launchDone, launchElsewhere } from './launch-notices.ts';
import { parseLaunch, type LaunchRequest } from './launch-request.ts';
import type { PageRoutes, Submission } from './routing.ts';
import { loginAddress } from './shared/addresses.ts';
import { text } from './shared/text.ts';
import type { Visitors } from './visitors.ts';

interface Ports {
  readonly secrets: Pick<SecretStore, 'list'>;
  readonly cases: Pick<UseCases, 'issueTicket'>;
  readonly visitors: Visitors;
  readonly origins: readonly string[];
  readonly envEnabled: boolean;
  readonly clock: () => number;
}

const MAX_LISTED = 2000;
const MAX_FORM_BYTES = 2 * 1024 * 1024;

function picksIn(form: Form): Picks {
  const picked = form.texts('pick');
  const of = (field: string): Map<string, string> =>
    new Map(picked.map((name) => [name, form.text(`${field}:${name}`)]));
  const fields = new Map(launchFields.map(({ field }) => [field, form.text(field)]));
  return { picked: new Set(picked), kinds: of('as'), names: of('to'), fields };
}

/** Members of a request, from the fields. */
function membersOf(fields: Picks['fields']): MemberValues {
  const filled = launchFields.filter(({ field }) => fields.get(field) !== '');
  return Object.fromEntries(filled.map(({ field, member }) => [member, fields.get(field)]));
}

/** What is wrong with them, by field. */
function problemsOf(fields: Picks['fields']): ReadonlyMap<string, string> {
  const problems = launchFields.map(
    ({ field, problemOf }) => [field, problemOf(fields.get(field) ?? '')] as const,
  );
  return new Map(problems.flatMap(([field, problem]) => (problem === undefined ? [] : [[field, problem]])));
}

/** The request that these picks make. */
function requestOf({ picked, kinds, names, fields }: Picks, launch: LaunchRequest): TicketRequest {
  const secrets = [...picked].flatMap((name) => parseSecretName(name) ?? []);
  const isVariable = (name: string): boolean => kinds.get(name) === 'variable';
  const variables = secrets.filter(isVariable);
  const renamed = secrets.filter((name) => !isVariable(name) && (names.get(name) ?? name) !== name);
  return {
    ...membersOf(fields),
    ns: launch.namespace,
    sa: launch.serviceAccount,
    pod: launch.pod,
    containers: launch.containers,
    secrets,
    files: renamed.map((name) => ({ name, path: names.get(name) ?? '' })),
    env: variables.map((name) => ({ name, variable: names.get(name) ?? '' })),
  };
}

function createViews({ secrets, clock, origins, envEnabled }: Ports) {
  /** The launcher's origins may embed whatever this address answers. */
  const around = (launch: LaunchRequest | undefined) => ({
    alone: true,
    embeddedBy: origins,
    keepsOpener: true,
    ...(launch?.mode === 'form' ? { formTo: launch.returnTo.origin } : {}),
  });
  return {
    around,
    form: async (form: Omit<LaunchForm, 'secrets' | 'now' | 'envEnabled'>, status = 200): Promise<Page> => {
      const listed = await secrets.list(form.visitor.ownerId, { limit: MAX_LISTED });
      const body = launchForm({ ...form, secrets: listed, envEnabled, now: clock() });
      return { ...around(form.launch), status, title: text.launch.title, body };
    },
    /** In a frame without a login: the browser may withhold one from frames of other sites. */
    elsewhere: (launch: LaunchRequest, action: string): Page => ({
      ...around(launch),
      title: text.launch.title,
      body: launchElsewhere(launch, action),
    }),
    /** The same form comes back when it is sent again. */
    again: (launch: LaunchRequest, action: string, picks: Picks): Page => ({
      ...around(launch),
      status: 401,
      title: text.launch.title,
      body: launchAgain(action, picks),
    }),
  };
}

function badRequest({ code, detail }: Refusal): Page {
  return {
    ...failurePage({ status: 400, code, detail }),
    title: text.launch.badRequest,
  };
}

export function mountLaunch(routes: PageRoutes, ports: Ports): void {
  const views = createViews(ports);
  const parse = (request: Request) => parseLaunch({ ...request.query }, ports.origins);
  routes.open('/launch', 'launch', async (request, response) => {
    const parsed = parse(request);
    if (!parsed.ok) {
      noteRefusal(response, parsed.refusal);
      return badRequest(parsed.refusal);
    }
    const { value: launch } = parsed;
    const { originalUrl: action } = request;
    const visitor = ports.visitors.of(request);
    if (visitor) return await views.form({ launch, action, picks: nothingPicked, visitor });
    const framed = request.headers['sec-fetch-dest'] === 'iframe';
    return framed ? views.elsewhere(launch, action) : { to: loginAddress(action) };
  });
  const submit = async (submission: Submission): Promise<PageAnswer> => {
    const { request, response, form, visitor } = submission;
    const parsed = parse(request);
    if (!parsed.ok) return badRequest(parsed.refusal);
    const { value: launch } = parsed;
    const picks = picksIn(form);
    const again = { launch, action: request.originalUrl, picks, visitor };
    const refused = async (refusal: Refusal): Promise<Page> => {
      noteRefusal(response, refusal);
      const notice = html`<p>${refusal.detail}</p>`;
      return await views.form({ ...again, notice }, refusals[refusal.code].status);
    };
    const problems = problemsOf(picks.fields);
    if (problems.size > 0) return await views.form({ ...again, problems }, 422);
    const asked = requestOf(picks, launch);
    if (asked.secrets.length === 0) {
      return await refused({ code: 'annotations_malformed', detail: text.launch.nothing });
    }
    const issued = await ports.cases.issueTicket({ ownerId: visitor.ownerId, asked: ok(asked) });
    if (!issued.ok) return await refused(issued.refusal);
    const { text: ticket, row, annotations } = issued.value;
    const answer = { ticket, annotations, expiresAt: new Date(row.exp).toISOString() };
    return { ...views.around(launch), title: text.launch.title, body: launchDone(launch, answer) };
  };
  routes.form('/launch', 'launch', {
    maxBytes: MAX_FORM_BYTES,
    submit,
    again: async (request, form, _why, visitor) => {
      const parsed = parse(request);
      if (!parsed.ok) return badRequest(parsed.refusal);
      const { value: launch } = parsed;
      const { originalUrl: action } = request;
      const picks = picksIn(form);
      if (!visitor) return views.again(launch, action, picks);
      const notice = html`<p>${text.expired.unsafe}</p>`;
      return await views.form({ launch, action, picks, notice, visitor }, 403);
    },
  });
}
