/** The OpenAPI 3.1 document, made of the operations and their schemas. Zone 1; docs/design.md#api. */
import { z } from 'zod';
import { refusals, type RefusalCode } from '../refusals.ts';
import { operations, refusalsOf, type Operation } from './operations.ts';
import { problem } from './schemas.ts';

export const API_PATH = '/api/v1';

type JsonSchema = Record<string, unknown>;

/** Drops what zod adds only for checks in JavaScript. */
function simplify({ jsonSchema }: { readonly jsonSchema: JsonSchema }): void {
  if (jsonSchema['format'] === 'date-time') delete jsonSchema['pattern'];
  if (jsonSchema['maximum'] === Number.MAX_SAFE_INTEGER) delete jsonSchema['maximum'];
}

function rawSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, override: simplify });
  return rest;
}

/** Named schemas go into `components`, where the whole document can refer to them. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $defs: _named, ...rest } = rawSchema(schema, io);
  const pointed: unknown = JSON.parse(JSON.stringify(rest).replaceAll('"#/$defs/', '"#/components/schemas/'));
  return pointed as JsonSchema; // as it was, with other pointers
}

function problemSchema(codes: readonly RefusalCode[]): object {
  return {
    allOf: [jsonSchema(problem, 'output'), { properties: { code: { enum: codes } } }],
  };
}

function problemAnswers(operation: Operation): Record<string, object> {
  const codes = refusalsOf(operation);
  const statuses = [...new Set(codes.map((code) => refusals[code].status))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const own = codes.filter((code) => refusals[code].status === status);
      const description = own.map((code) => `\`${code}\`: ${refusals[code].title}`).join(' ');
      const content = { 'application/problem+json': { schema: problemSchema(own) } };
      return [String(status), { description, headers: headersOf(status), content }];
    }),
  );
}

function header(description: string): object {
  return { description, schema: { type: 'string' } };
}

function headersOf(status: number): object {
  return {
    ...(status === 401 ? { 'WWW-Authenticate': header('RFC 6750.') } : {}),
    ...(status === 429 || status === 503 ? { 'Retry-After': header('Seconds.') } : {}),
  };
}

function parametersOf({ path, query, ifMatch }: Operation): object[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const members = query ? Object.entries(query.shape) : [];
  const inQuery = members.map(([name, schema]) => ({
    // A shape's members are schemas.
    name,
    in: 'query',
    required: false,
    schema: jsonSchema(schema as z.ZodType, 'input'),
  }));
  const condition = { name: 'If-Match', in: 'header', required: false, schema: { type: 'string' } };
  return [
    ...inPath,
    ...inQuery,
    ...(ifMatch ? [{ ...condition, description: 'A version, such as "3".' }] : []),
  ];
}

function successOf({ success: { status, schema, etag } }: Operation): object {
  return {
    [status]: {
      description: status === 204 ? 'Done.' : 'The answer.',
      ...(etag ? { headers: { ETag: header('The version, such as "3".') } } : {}),
      ...(schema ? { content: { 'application/json': { schema: jsonSchema(schema, 'output') } } } : {}),
    },
  };
}

function describe(operation: Operation): object {
  const { id, summary, body, anybody } = operation;
  const schema = body && jsonSchema(body, 'input');
  return {
    operationId: id,
    summary,
    parameters: parametersOf(operation),
    ...(anybody ? { security: [] } : {}),
    ...(schema ? { requestBody: { required: true, content: { 'application/json': { schema } } } } : {}),
    responses: { ...successOf(operation), ...problemAnswers(operation) },
  };
}

/** Every named schema, under its name. */
function namedSchemas(): JsonSchema {
  const all = Object.values(operations).flatMap((operation: Operation) => [
    ...(operation.success.schema ? [rawSchema(operation.success.schema, 'output')] : []),
    ...(operation.body ? [rawSchema(operation.body, 'input')] : []),
  ]);
  const named = [...all, rawSchema(problem, 'output')].map(({ $defs }) => $defs as JsonSchema | undefined);
  const text = JSON.stringify(Object.assign({}, ...named)).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text) as JsonSchema;
}

function paths(): Record<string, Record<string, object>> {
  const described: Record<string, Record<string, object>> = {};
  for (const operation of Object.values(operations)) {
    const path = API_PATH + operation.path;
    described[path] = { ...described[path], [operation.method]: describe(operation) };
  }
  return described;
}

/** For a console at this address. */
export function openApiDocument(publicUrl: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Twofold console',
      version: '1',
      description:
        'A user’s secrets: stored encrypted twice, delivered into the session pods that the user starts.',
    },
    servers: [{ url: publicUrl }],
    security: [{ bearer: [] }],
    paths: paths(),
    components: {
      schemas: namedSchemas(),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'Access token for the console’s own audience.',
        },
      },
    },
  };
}
