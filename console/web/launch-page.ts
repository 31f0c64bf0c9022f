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
import { failureSentence } from './plain-pages.ts';
import type { Form } from './forms.ts';
import type { Page, PageAnswer } from './frame.ts';
import { html, type Html } from './html.ts';
import type { LaunchAnswer } from './launch-decline.ts';
import { launchForm, nothingPicked, type LaunchForm, type Picks } from './launch-form.ts';
import {
  badLaunch,
  launchAgain,
  launchDone,
  launchElsewhere,
  launchFailed,
  type FailedLaunch,
} from './launch-notices.ts';
import { parseLaunch, type LaunchRequest } from './launch-request.ts';
import type { PageRoutes, Submission } from './routing.ts';
import { LAUNCH_PATH, loginAddress } from './shared/addresses.ts';
import { text } from './shared/text.ts';
import type { Visitors } from './visitors.ts';

interface Ports {
  readonly secrets: Pick<SecretStore, 'list'>;
  readonly cases: Pick<UseCases, 'issueTicket'>;
  readonly visitors: Visitors;
  readonly origins: readonly string[];
  readonly envEnabled: boolean;
  readonly ticketLifeSeconds: number;
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

type FormState = Omit<LaunchForm, 'secrets' | 'now' | 'envEnabled' | 'lifeSeconds'>;

function createViews({ secrets, clock, envEnabled, ticketLifeSeconds: lifeSeconds }: Ports) {
  const page = (launch: LaunchRequest, body: Html, status = 200): Page => ({
    ...(launch.mode === 'form' ? { formTo: launch.returnTo.origin } : {}),
    status,
    title: text.launch.title,
    body,
  });
  return {
    form: async (form: FormState, status?: number): Promise<Page> => {
      const listed = await secrets.list(form.visitor.ownerId, { limit: MAX_LISTED });
      const shown = { ...form, secrets: listed, envEnabled, lifeSeconds, now: clock() };
      return page(form.launch, launchForm(shown), status);
    },
    /** In a frame without a login: the browser may withhold one from frames of other sites. */
    elsewhere: (launch: LaunchRequest, action: string): Page => page(launch, launchElsewhere(launch, action)),
    /** The same form comes back when it is sent again. */
    again: (launch: LaunchRequest, action: string, picks: Picks): Page =>
      page(launch, launchAgain(launch, action, picks), 401),
    failed: (failed: FailedLaunch, status: number): Page => page(failed.launch, launchFailed(failed), status),
    done: (launch: LaunchRequest, answer: LaunchAnswer): Page => page(launch, launchDone(launch, answer)),
  };
}

function badRequest(problems: readonly string[]): Page {
  return { status: 400, title: text.launch.badRequest, body: badLaunch(problems) };
}

export function mountLaunch(routes: PageRoutes, ports: Ports): void {
  const views = createViews(ports);
  const parse = (request: Request) => parseLaunch({ ...request.query }, ports.origins);
  routes.open(LAUNCH_PATH, 'launch', async (request, response) => {
    const parsed = parse(request);
    if (!parsed.ok) {
      noteRefusal(response, parsed.refusal);
      return badRequest(parsed.problems);
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
    if (!parsed.ok) return badRequest(parsed.problems);
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
    return views.done(launch, answer);
  };
  routes.form(LAUNCH_PATH, 'launch', {
    maxBytes: MAX_FORM_BYTES,
    submit,
    failed: ({ request, form, visitor }, { code, detail }) => {
      const parsed = parse(request);
      if (!parsed.ok) return badRequest(parsed.problems);
      const { status } = refusals[code];
      const sentence = failureSentence({ status, code, detail });
      const { originalUrl: action } = request;
      return views.failed({ launch: parsed.value, action, picks: picksIn(form), visitor, sentence }, status);
    },
    again: async (request, form, _why, visitor) => {
      const parsed = parse(request);
      if (!parsed.ok) return badRequest(parsed.problems);
      const { value: launch } = parsed;
      const { originalUrl: action } = request;
      const picks = picksIn(form);
      if (!visitor) return views.again(launch, action, picks);
      const notice = html`<p>${text.expired.unsafe}</p>`;
      return await views.form({ launch, action, picks, notice, visitor }, 403);
    },
  });
}
