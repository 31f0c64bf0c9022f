/** `POST /internal/v1/resolve`, only for the webhook's client certificate for this port. Zone 1; docs/design.md#resolve. */
import type { Express, Request, RequestHandler } from 'express';
import { z } from 'zod';
import { ticketText } from '#envelope/annotations.ts';
import { MAX_INTERNAL_BODY_BYTES, MAX_JWS_BYTES, MAX_NAMES } from '#envelope/limits.ts';
import { isUsername } from '#envelope/place.ts';
import { isGenerateName, isNamespace, isSubdomain } from '#envelope/pod.ts';
import { parseNames } from '#envelope/ticket.ts';
import { ok } from '#envelope/result.ts';
import type { BodyGate } from '#platform/body-gate.ts';
import { clientName } from '#platform/https-server.ts';
import type { Log } from '#platform/log.ts';
import type { Outcome } from '../core/outcome.ts';
import type { UseCases } from '../core/use-cases.ts';
import { sendProblem, type Answer } from '../http/answer.ts';
import { parseBody } from '../http/body.ts';
import type { Observer } from '../http/observe.ts';
import { createInternalApp } from './app.ts';

const names = z.array(z.string()).max(MAX_NAMES);

/** The webhook checks these too. A minted ticket is for this pod only, so there must be a name. */
const pod = z
  .strictObject({
    name: z.string().refine(isSubdomain, 'must be the name of a pod').optional(),
    generateName: z.string().refine(isGenerateName, 'must be what the name of a pod begins with').optional(),
  })
  .refine(({ name, generateName }) => name !== undefined || generateName !== undefined, {
    message: 'must have name or generateName',
  });

const launcher = z.strictObject({
  username: z.string().refine(isUsername, 'must be the name of a Kubernetes user'),
  user: z.string().max(1024),
});

export const resolveBody = z
  .strictObject({
    dryRun: z.boolean(),
    namespace: z.string().refine(isNamespace, 'must be the name of a namespace'),
    serviceAccount: z.string().refine(isSubdomain, 'must be the name of a service account'),
    pod,
    names: names.refine((value) => parseNames(value) !== undefined, 'must hold names of secrets, none twice'),
    variables: names,
    ticket: z.string().overwrite(ticketText).max(MAX_JWS_BYTES).optional(),
    launcher: launcher.optional(),
  })
  .refine(({ names: all, variables }) => variables.every((name) => all.includes(name)), {
    message: 'must be among the names',
    path: ['variables'],
  });

interface Ports {
  readonly resolve: UseCases['resolve'];
  readonly gate: BodyGate;
  readonly observer: Observer;
  readonly log: Log;
}

/** The leaf for this port (certs/plan.ts); the webhook's other one is not accepted. */
const CLIENT = 'webhook-resolve';

const webhookOnly: RequestHandler = (request, response, next) => {
  if (clientName(request.socket) === CLIENT) next();
  else {
    const detail = `Only the client certificate named ${CLIENT} may call this port.`;
    sendProblem(response, { code: 'client_not_allowed', detail });
  }
};

async function answer(resolve: UseCases['resolve'], request: Request): Promise<Outcome<Answer>> {
  const body = parseBody(resolveBody, request);
  if (!body.ok) return body;
  const { names, variables, ...rest } = body.value;
  const resolved = await resolve({
    ...rest,
    // The schema has parsed the names, and found the variables among them.
    names: parseNames(names) ?? [],
    variables: parseNames([...new Set(variables)]) ?? [],
  });
  if (!resolved.ok) return resolved;
  const { dryRun: _dryRun, ...answered } = resolved.value;
  return ok({ status: 200, body: answered });
}

export function createResolveApp({ resolve, gate, observer, log }: Ports): Express {
  return createInternalApp({
    path: '/internal/v1/resolve',
    operation: 'resolve',
    before: [webhookOnly],
    demands: [],
    body: { limitBytes: MAX_INTERNAL_BODY_BYTES, who: () => undefined },
    route: (request) => answer(resolve, request),
    gate,
    observer,
    log,
  });
}
