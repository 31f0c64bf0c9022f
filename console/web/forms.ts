/**
 * Submitted forms: urlencoded or multipart, whole in memory, each field within the body's limit. Zone 1;
 * docs/design.md#page. The body's bytes are wiped once they are parsed: they may hold a value.
 */
import { Busboy } from '@fastify/busboy';
import type { Request } from 'express';
import { ok } from '#envelope/result.ts';
import { refuse, type Outcome } from '../core/outcome.ts';
import { isPlain } from '../http/body.ts';

export interface Form {
  /** Empty where there is no such field. Line breaks as they were sent: CR LF, as browsers write them. */
  text(name: string): string;
  texts(name: string): readonly string[];
  /** Bytes of a chosen file; undefined where none was chosen. */
  file(name: string): Uint8Array | undefined;
}

const FORM_TYPE = /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i;
const MAX_FIELDS = 5_000;
const MAX_FIELD_NAME = 300;
const MAX_FIELD_BYTES = 2 * 1024 * 1024;

interface Parsed {
  readonly texts: Map<string, string[]>;
  readonly files: Map<string, Uint8Array>;
}

/** Rejects on anything that is not such a form, or that would have to be truncated. */
function parse(bytes: Buffer, type: string): Promise<Parsed> {
  return new Promise((resolve, reject) => {
    const limits = {
      fields: MAX_FIELDS,
      fieldNameSize: MAX_FIELD_NAME,
      fieldSize: MAX_FIELD_BYTES,
      files: 1,
      parts: MAX_FIELDS,
    };
    const parser = new Busboy({ headers: { 'content-type': type }, limits });
    const parsed: Parsed = { texts: new Map(), files: new Map() };
    const tooMuch = (): void => reject(new Error('a form of too many or too long fields'));
    parser.on('field', (name, value, nameCut, valueCut) => {
      if (nameCut || valueCut) tooMuch();
      const known = parsed.texts.get(name);
      if (known) known.push(value);
      else parsed.texts.set(name, [value]);
    });
    parser.on('file', (name, stream, fileName) => {
      const chunks: Buffer[] = [];
      // A separate emitter, which fails when the form ends within the file.
      stream.on('error', reject);
      stream.once('limit', tooMuch);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('end', () => {
        const content = Buffer.concat(chunks);
        // A file field without a choice sends an empty file without a name.
        if (content.length > 0 || fileName !== '') parsed.files.set(name, content);
      });
    });
    for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) parser.once(limit, tooMuch);
    // Not once: it may fail on a part, and again on the whole.
    parser.on('error', reject);
    parser.once('finish', () => resolve(parsed));
    parser.end(bytes);
  });
}

function formOf({ texts, files }: Parsed): Form {
  return {
    texts: (name) => texts.get(name) ?? [],
    text: (name) => texts.get(name)?.[0] ?? '',
    file: (name) => files.get(name),
  };
}

/** Whether the body may be a form, by its headers: checked before it is read. */
export function isForm(request: Request): boolean {
  return isPlain(request) && FORM_TYPE.test(request.headers['content-type'] ?? '');
}

export async function readForm(request: Request): Promise<Outcome<Form>> {
  const bytes: unknown = request.body; // as readBody left it
  const type = request.headers['content-type'] ?? '';
  if (!Buffer.isBuffer(bytes) || !isForm(request)) {
    return refuse('body_malformed', 'The body is not a form.');
  }
  try {
    return ok(formOf(await parse(bytes, type)));
  } catch {
    return refuse('body_malformed', 'The body is not a form in the encoding that it declares.');
  } finally {
    bytes.fill(0);
  }
}

/** A field's text with its line breaks as typed: a form sends each as CR LF. */
export function typedLines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
