/** Stores one value: reserves, seals here, sends the envelope. Zone 0; docs/design.md#writing. */
import { sealOffered, type SealingOffer } from '#envelope/sealing.ts';
import { urlPath } from '#envelope/url-path.ts';
import { rsaRecipient, webCipher } from '#envelope/web-cipher.ts';
import { call, type CallResult } from './calls.ts';
import { withLogin } from './login-again.ts';

interface WriteRequest {
  readonly name: string;
  readonly value: Uint8Array;
  /** Undefined: never for a new secret; a replaced one stays as it was. */
  readonly expiresAt: number | 'never' | undefined;
  /** Of a new secret. */
  readonly note?: string | undefined;
  /** The version that a replace is for, as it was seen; undefined adds. */
  readonly seen: number | undefined;
}

export type Stored =
  | { readonly kind: 'stored' }
  /** What is stored is not what was seen: `version` now, 0 for nothing. */
  | { readonly kind: 'differs'; readonly version: number }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string };

function refused({ problem }: Extract<CallResult<never>, { ok: false }>): Stored {
  return {
    kind: 'refused',
    ...problem,
  };
}

function expiryMember(expiresAt: WriteRequest['expiresAt']): object {
  if (expiresAt === undefined) return {};
  return { expiresAt: expiresAt === 'never' ? null : new Date(expiresAt).toISOString() };
}

export async function store({ name, value, expiresAt, note, seen }: WriteRequest): Promise<Stored> {
  const offered = await withLogin(() =>
    call<SealingOffer>({ method: 'POST', path: urlPath`/secrets/${name}/sealing` }),
  );
  if (!offered.ok) return refused(offered);
  const offer = offered.value;
  // The next version tells what is stored, before anything is sealed or sent.
  if (offer.version !== (seen ?? 0) + 1) return { kind: 'differs', version: offer.version - 1 };
  const sealing = {
    cipher: webCipher,
    recipient: await rsaRecipient(offer.publicKey),
    nowMs: Date.now(),
  };
  const body = {
    ...(await sealOffered(sealing, { name, offer }, value)),
    ...expiryMember(expiresAt),
  };
  const stored = await withLogin(() =>
    seen === undefined
      ? call({
          method: 'POST',
          path: '/secrets',
          body: { name, ...(note === undefined ? {} : { note }), ...body },
        })
      : call({ method: 'PUT', path: urlPath`/secrets/${name}`, body, ifMatch: seen }),
  );
  return stored.ok ? { kind: 'stored' } : refused(stored);
}
