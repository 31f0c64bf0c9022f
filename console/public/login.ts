/** `/login` and `/me`: how a command line logs in here, and whom its token identifies. Zone 1; docs/design.md#api. */
import type { Request } from 'express';
import type { z } from 'zod';
import { ok } from '#envelope/result.ts';
import type { Caller } from './bearer.ts';
import type { Routes } from './routes.ts';
import type { loginOffer } from './schemas.ts';

interface Ports {
  readonly callerOf: (request: Request) => Caller;
}

export function createLoginRoutes(
  { callerOf }: Ports,
  offer: z.output<typeof loginOffer>,
): Pick<Routes, 'describeLogin' | 'whoAmI'> {
  return {
    describeLogin: () => Promise.resolve(ok({ status: 200, body: offer })),
    whoAmI: (request) => {
      const { ownerId, login } = callerOf(request);
      const { issuer, sub } = login;
      return Promise.resolve(ok({ status: 200, body: { ownerId, issuer, sub } }));
    },
  };
}
