/** The OpenAPI 3.1 document, made of the operations and their schemas. Zone 1; docs/design.md#api. */
import { z } from 'zod';
import { SECRET_NAME_RULE } from '#envelope/names.ts';
import { problemBody } from '#platform/problem.ts';
import { refusals, type RefusalCode } from '../refusals.ts';
import { examples } from './examples.ts';
import { operations, refusalsOf, type Operation, type OperationId } from './operations.ts';
import { problem } from './schemas.ts';

export const API_PATH = '/api/v1';

type IdentifiedOperation = Operation & { readonly id: OperationId };

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

/** What parameters mean, by their name. */
const parameterDocs: Readonly<Record<string, string>> = {
  name: `Name of the secret: ${SECRET_NAME_RULE}.`,
  jti: 'The ticket’s id.',
  limit: 'How many items a page has, at most.',
  after: 'The last item of the page before.',
};

function problemSchema(codes: readonly RefusalCode[]): object {
  return {
    allOf: [jsonSchema(problem, 'output'), { properties: { code: { enum: codes } } }],
  };
}

/** One for each code. What `detail` says is particular to a request; a title is as good an example. */
function problemExamples(codes: readonly RefusalCode[]): object {
  return Object.fromEntries(
    codes.map((code) => {
      const value = problemBody(refusals[code], { code, detail: refusals[code].title });
      return [code, { value }];
    }),
  );
}

function problemAnswers(operation: Operation): Record<string, object> {
  const codes = refusalsOf(operation);
  const statuses = [...new Set(codes.map((code) => refusals[code].status))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const own = codes.filter((code) => refusals[code].status === status);
      const description = own.map((code) => `\`${code}\`: ${refusals[code].title}`).join(' ');
      const content = {
        'application/problem+json': { schema: problemSchema(own), examples: problemExamples(own) },
      };
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

function parametersOf({ id, path, query, ifMatch }: IdentifiedOperation): object[] {
  const values = examples[id].parameters ?? {};
  const documented = (name: string): object => ({
    description: parameterDocs[name],
    ...(name in values ? { example: values[name] } : {}),
  });
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    ...documented(name ?? ''),
  }));
  const members = query ? Object.entries(query.shape) : [];
  const inQuery = members.map(([name, member]) => {
    const schema = member as z.ZodType; // a shape's members are
    const description = parameterDocs[name] ?? schema.description;
    const of = { name, in: 'query', required: false, schema: jsonSchema(schema, 'input') };
    return { ...of, ...documented(name), description };
  });
  const condition = { name: 'If-Match', in: 'header', required: false, schema: { type: 'string' } };
  return [
    ...inPath,
    ...inQuery,
    ...(ifMatch ? [{ ...condition, description: 'A version, such as "3".' }] : []),
  ];
}

function successOf({ id, success: { status, schema, etag } }: IdentifiedOperation): object {
  const example = examples[id].response;
  return {
    [status]: {
      description: status === 204 ? 'Done.' : 'The answer.',
      ...(etag ? { headers: { ETag: header('The version, such as "3".') } } : {}),
      ...(schema
        ? { content: { 'application/json': { schema: jsonSchema(schema, 'output'), example } } }
        : {}),
    },
  };
}

function describe(operation: IdentifiedOperation): object {
  const { id, summary, body, anybody } = operation;
  const schema = body && jsonSchema(body, 'input');
  const { description, request: example } = examples[id];
  return {
    operationId: id,
    summary,
    description,
    parameters: parametersOf(operation),
    ...(anybody ? { security: [] } : {}),
    ...(schema
      ? { requestBody: { required: true, content: { 'application/json': { schema, example } } } }
      : {}),
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
