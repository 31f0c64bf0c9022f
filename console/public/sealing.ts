/** `/secrets/{name}/sealing`: what a client needs to seal for itself. Zone 1; design §5. */
import { encodeBase64url } from '#envelope/base64url.ts';
import { ok } from '#envelope/result.ts';
import { recordRefusal, type RefusalRecorder } from '../core/audit.ts';
import type { ClientSealing, SealingOffer } from '../core/client-sealing.ts';
import { instant, parameter, parseName, type OwnerOf, type Routes } from './routes.ts';

interface Ports extends RefusalRecorder {
  readonly ownerOf: OwnerOf;
  readonly sealing: ClientSealing;
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
      const ownerId = ports.ownerOf(request);
      const name = parseName(parameter(request, 'name'));
      const offered = name.ok ? await ports.sealing.reserve(ownerId, name.value) : name;
      const subject = { ownerId, actor: 'owner', names: name.ok ? [name.value] : undefined };
      const offer = await recordRefusal(ports, 'seal', subject, offered);
      if (!offer.ok) return offer;
      try {
        return ok({ status: 200, body: offerOf(offer.value) });
      } finally {
        offer.value.innerKey.fill(0);
      }
    },
  };
}
