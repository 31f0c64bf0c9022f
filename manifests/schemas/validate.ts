/** Checks objects against Kubernetes' own schemas (kubernetes.json), strictly: unknown fields are errors. No zone. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { KubernetesObject } from '../kubernetes-object.ts';

interface Schemas {
  readonly kinds: Readonly<Record<string, string>>;
  readonly $defs: Readonly<Record<string, object>>;
}

interface ManifestValidator {
  /** Every problem of this object, with its place in it; none when it fits its kind. */
  problems(object: KubernetesObject): readonly string[];
}

/** `partial`: for patches, in which nothing is required, and null removes a field. */
export function createManifestValidator({ partial = false } = {}): ManifestValidator {
  const text = readFileSync(new URL('kubernetes.json', import.meta.url), 'utf8');
  // generate.ts wrote the file.
  const { kinds, $defs } = JSON.parse(text, (key, value: unknown) =>
    partial && key === 'required' && Array.isArray(value) ? undefined : value,
  ) as Schemas;
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  ajv.addSchema({ $id: 'kubernetes', $defs });
  const compiled = new Map<string, ValidateFunction>();

  const validatorOf = (definition: string): ValidateFunction => {
    const known = compiled.get(definition) ?? ajv.compile({ $ref: `kubernetes#/$defs/${definition}` });
    compiled.set(definition, known);
    return known;
  };

  return {
    problems(object) {
      const kind = `${object.apiVersion ?? ''}/${object.kind ?? ''}`;
      const definition = kinds[kind];
      if (definition === undefined) return [`there is no schema for ${kind}: add it to generate.ts`];
      const validate = validatorOf(definition);
      validate(partial ? withoutNulls(object) : object);
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) =>
          `${kind} ${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
      );
    },
  };
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([key, field]) => [key, withoutNulls(field)]));
}
