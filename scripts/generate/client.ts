/** `make client`: writes the API's types for clients, cli/api/schema.d.ts, from the OpenAPI document; the tests compare. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';
import { openApiDocument } from '../../console/public/openapi.ts';

export const schemaFile = fileURLToPath(new URL('../../cli/api/schema.d.ts', import.meta.url));

const head = `/**
 * The console's API as types, for the command line and the tests. Zone 0; docs/design.md#api.
 * Written by \`make client\` from the OpenAPI document; do not edit.
 */
`;

/** Each answer lists its own codes; that of all there are would change with every refusal of any port. */
function withoutListOfAllCodes(document: OpenAPI3): OpenAPI3 {
  const { Problem: problem, ...schemas } = document.components?.schemas ?? {};
  if (problem === undefined || !('properties' in problem)) throw new Error('the document has no Problem');
  const properties = { ...problem.properties, code: { type: 'string' as const } };
  return {
    ...document,
    components: { ...document.components, schemas: { ...schemas, Problem: { ...problem, properties } } },
  };
}

export async function clientTypes(): Promise<string> {
  // The document is made of our own schemas; the address of a server is in no type.
  const document = openApiDocument('https://twofold.example') as OpenAPI3;
  const types = astToString(await openapiTS(withoutListOfAllCodes(document), { defaultNonNullable: false }));
  return await format(head + types, { ...(await resolveConfig(schemaFile)), parser: 'typescript' });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(schemaFile, await clientTypes());
  console.log('cli/api/schema.d.ts written');
}
