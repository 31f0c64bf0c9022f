/** The keyservice's core in this process: the opening without threads, and an audit trail in memory. */
import { byKid } from '#envelope/cipher.ts';
import { ed25519Signer, ed25519Verifier, rsaRecipient } from '#envelope/node-cipher.ts';
import { rsaPrivateKey } from '#envelope/node-private.ts';
import { createHttp } from '../http.ts';
import type { OuterLayer } from '../outer-layer.ts';
import { pack } from '../parcel.ts';
import { createRecords } from '../records.ts';
import { createRewrap } from '../rewrap.ts';
import { createUnwrap } from '../unwrap.ts';
import { openingOf, runTask } from '../worker.ts';
import { CLUSTER, ISSUER, type Material } from './material.ts';

export const GRANT_LIFE_SECONDS = 600;

function inProcess({ envelopeKeys }: Material): OuterLayer {
  const opening = openingOf({
    identities: envelopeKeys.map(({ privateJwk }) => rsaPrivateKey(privateJwk)),
    newestJwk: envelopeKeys[0].publicJwk,
  });
  return {
    run: async (operation, envelopes) => {
      const headers = operation === 'rewrap' ? envelopes.map(({ header }) => header) : undefined;
      const done = await runTask(opening, { parcel: pack(envelopes), headers });
      return done.ok ? done : { ok: false, reason: 'not_authentic', at: done.at };
    },
  };
}

export interface Core {
  readonly unwrap: ReturnType<typeof createUnwrap>;
  readonly rewrap: ReturnType<typeof createRewrap>;
  readonly http: ReturnType<typeof createHttp>;
  /** Audit records so far. */
  readonly lines: Record<string, unknown>[];
  /** How often the outer layer was called. */
  readonly runs: () => number;
}

export interface CoreOptions {
  readonly outerLayer?: OuterLayer;
  /** Rejects from this record on. */
  readonly recordsUntil?: number;
}

export function createCore(material: Material, options: CoreOptions = {}): Core {
  const lines: Record<string, unknown>[] = [];
  let runs = 0;
  const inner = options.outerLayer ?? inProcess(material);
  const outerLayer: OuterLayer = {
    run: (operation, envelopes) => {
      runs += 1;
      return inner.run(operation, envelopes);
    },
  };
  const clock = (): number => Date.now();
  const records = createRecords({
    clock,
    trail: {
      append: (record) => {
        if (lines.length >= (options.recordsUntil ?? Infinity)) return Promise.reject(new Error('ENOSPC'));
        // As it would be in the file.
        lines.push(JSON.parse(JSON.stringify(record)) as Record<string, unknown>);
        return Promise.resolve();
      },
    },
  });
  const recipients = material.envelopeKeys.map(({ publicJwk }) => rsaRecipient(publicJwk));
  const keySizes = new Map(recipients.map(({ kid }) => [kid, 256]));
  const unwrap = createUnwrap(
    { outerLayer, records, clock },
    {
      ticketIssuer: ISSUER,
      cluster: CLUSTER,
      keySizes,
      grantLifeSeconds: GRANT_LIFE_SECONDS,
      ticketKeys: byKid([ed25519Verifier(material.ticketKey.publicJwk)]),
      grantSigner: ed25519Signer(material.grantKey.privateJwk),
    },
  );
  const newestKid = rsaRecipient(material.envelopeKeys[0].publicJwk).kid;
  const rewrap = createRewrap({ outerLayer, records }, { keySizes, newestKid });
  const http = createHttp(
    { unwrap, rewrap, records, onAnswer: () => undefined },
    { unwrap: ['webhook-unwrap'], rewrap: ['console-rewrap'] },
  );
  return { unwrap, rewrap, http, lines, runs: () => runs };
}
