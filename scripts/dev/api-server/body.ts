/**
 * Reads request bodies: JSON only, 3 MiB at most. Development tool, no zone.
 */

import type { IncomingMessage } from 'node:http';

import { patchTypes } from './patch.ts';
import { badRequest, tooLarge, unsupportedMediaType } from './status.ts';

/** The real API server's own limit. */
const maxBytes = 3 * 1024 * 1024;

const jsonTypes = ['application/json'] as const;

/** The media type without parameters; an absent one means JSON, as in the real server. */
export function mediaType(request: IncomingMessage): string {
  const [type = ''] = (request.headers['content-type'] ?? 'application/json').split(';');
  return type.trim().toLowerCase();
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The parsed body, or undefined where there is none. Throws 413, 415 and 400. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const accepted: readonly string[] = request.method === 'PATCH' ? patchTypes : jsonTypes;
  if (request.method === 'GET') return undefined;
  const bytes = await readBytes(request);
  if (bytes.length === 0 && request.method === 'DELETE') return undefined;
  if (!accepted.includes(mediaType(request))) throw unsupportedMediaType(accepted);
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch (error) {
    throw badRequest(`the body is not valid JSON: ${error instanceof Error ? error.message : ''}`);
  }
}
