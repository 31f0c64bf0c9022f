/** `/secrets/{name}/sealing`: what a client needs to seal for itself. Zone 1; design §5. */
import { encodeBase64url } from '#envelope/base64url.ts';
import { ok } from '#envelope/result.ts';
import type { SealingOffer } from '../core/client-sealing.ts';
import type { UseCases } from '../core/use-cases.ts';
import { parameter } from '../http/request.ts';
import { instant, type OwnerOf, type Routes } from './routes.ts';

interface Ports {
  readonly ownerOf: OwnerOf;
  readonly cases: Pick<UseCases, 'reserveSealing'>;
}

function offerOf(offer: SealingOffer): object {
  return {
    ownerId: offer.ownerId,
    secretId: offer.secretId,
    version: offer.version,
    gen: offer.gen,
    salt: encodeBase64url(offer.salt),
    innerKey: encodeBase64url(offer.innerKey),
    publicKey: offer.publicKey,
    expiresAt: instant(offer.until),
  };
}

export function createSealingRoutes(ports: Ports): Pick<Routes, 'reserveSealing'> {
  return {
    reserveSealing: async (request) => {
      const asked = { ownerId: ports.ownerOf(request), name: parameter(request, 'name') };
      const offer = await ports.cases.reserveSealing(asked);
      if (!offer.ok) return offer;
      try {
        return ok({ status: 200, body: offerOf(offer.value) });
      } finally {
        offer.value.innerKey.fill(0);
      }
    },
  };
}
