/**
 * Callers of the public API: a bearer token is resolved to an owner before anything else is read. Zone 1;
 * docs/design.md#api.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { OwnerId } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import { refuse, type Outcome } from '../core/outcome.ts';
import type { Owners, VerifiedLogin } from '../core/owners.ts';
import { sendProblem } from '../http/answer.ts';
import { bearerOf } from '../http/request.ts';
import type { IdentityProvider } from '../identity-provider.ts';

export interface Callers {
  /** Identifies the caller; refuses nobody yet, so that limits can count refused callers by address. */
  readonly identify: RequestHandler;
  /** Refuses callers that were not identified. */
  readonly demand: RequestHandler;
  of(request: Request): OwnerId | undefined;
  /** Throws on a route that did not demand one. */
  ownerOf(request: Request): OwnerId;
  /** The same, with the login that the bearer stands for. */
  callerOf(request: Request): Caller;
}

export interface Caller {
  readonly ownerId: OwnerId;
  readonly login: VerifiedLogin;
}

interface Ports {
  readonly provider: IdentityProvider;
  readonly owners: Owners;
}

/** RFC 6750 §3: no error code where no token came. */
function challenge(response: Response, presented: boolean): void {
  response.set('www-authenticate', `Bearer realm="twofold"${presented ? ', error="invalid_token"' : ''}`);
}

export function createCallers({ provider, owners }: Ports): Callers {
  const known = new WeakMap<Request, Outcome<Caller>>();
  const caller = async (bearer: string | undefined): Promise<Outcome<Caller>> => {
    if (bearer === undefined) {
      return refuse('bearer_rejected', 'There is no access token; send one as Authorization: Bearer.');
    }
    const login = await provider.verify(bearer);
    return login.ok ? ok({ ownerId: await owners.enter(login.value), login: login.value }) : login;
  };
  const of = (request: Request): OwnerId | undefined => {
    const found = known.get(request);
    return found?.ok ? found.value.ownerId : undefined;
  };
  const callerOf = (request: Request): Caller => {
    const found = known.get(request);
    if (!found?.ok) throw new Error('this route demands no caller');
    return found.value;
  };
  return {
    of,
    identify: async (request, _response, next) => {
      known.set(request, await caller(bearerOf(request)));
      next();
    },
    demand: (request, response, next) => {
      const found = known.get(request);
      if (found?.ok) {
        next();
        return;
      }
      if (!found) throw new Error('a caller is demanded before it is identified');
      if (found.refusal.code === 'bearer_rejected') {
        challenge(response, request.headers.authorization !== undefined);
      }
      sendProblem(response, found.refusal);
    },
    callerOf,
    ownerOf: (request) => callerOf(request).ownerId,
  };
}
