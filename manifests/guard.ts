/**
 * The guard (docs/design.md#guard) as it is in base/guard, with an operator's values: for tests of it and
 * of what must pass it (the webhook's renderings), and for development clusters. No zone.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseNamespaces } from '#platform/namespaces.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { parseManifests } from './kustomize.ts';

/** The operator's values. Each is a literal in the variable of that name, in each of some policies. */
interface GuardParameters {
  readonly image: string;
  /** A second image, during an upgrade; may be empty. */
  readonly otherImage: string;
  /** `sha256:…`, joined by commas: copies of the image elsewhere; may be empty. */
  readonly digests: string;
  /** `RuntimeDefault` or `none`. */
  readonly seccompProfile: string;
  readonly claimUrl: string;
  readonly webhookUser: string;
  /** Lines of `username namespace annotation-key`; may be empty. */
  readonly launchers: string;
  /** As in `TWOFOLD_NAMESPACES`. */
  readonly namespaces: string;
  /** Lines of `User name` or `Group name`; may be empty. */
  readonly labelSetters: string;
}

interface Place {
  readonly name: keyof GuardParameters;
  readonly policies: readonly string[];
  readonly allows: (value: string) => boolean;
}
interface Policy extends KubernetesObject {
  readonly spec: { readonly variables?: readonly { readonly name: string; readonly expression: string }[] };
}

/** Without quotes, so that a value cannot end the literal that contains it. */
function isWord(text: string): boolean {
  return /^[^'"\\\s\p{Cc}]+$/u.test(text);
}
function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}
function isLauncher(line: string): boolean {
  const words = line.split(' ');
  return words.length === 3 && words.every(isWord) && words[1]?.includes('*') === false;
}

function isSubject(line: string): boolean {
  const [kind = '', name = '', ...more] = line.split(' ');
  return ['User', 'Group'].includes(kind) && isWord(name) && more.length === 0;
}

const PLACES: readonly Place[] = [
  { name: 'image', policies: ['twofold-shape'], allows: isWord },
  { name: 'otherImage', policies: ['twofold-shape'], allows: (value) => value === '' || isWord(value) },
  {
    name: 'digests',
    policies: ['twofold-shape'],
    allows: (value) => value === '' || value.split(',').every(isDigest),
  },
  {
    name: 'seccompProfile',
    policies: ['twofold-shape'],
    allows: (value) => value === 'RuntimeDefault' || value === 'none',
  },
  { name: 'claimUrl', policies: ['twofold-shape'], allows: isWord },
  { name: 'webhookUser', policies: ['twofold-writer', 'twofold-lease'], allows: isWord },
  {
    name: 'launchers',
    policies: ['twofold-launcher', 'twofold-launcher-account', 'twofold-namespace'],
    allows: (value) => value.split('\n').every((line) => line === '' || isLauncher(line)),
  },
  {
    name: 'namespaces',
    policies: ['twofold-writer', 'twofold-lease'],
    allows: (value) => parseNamespaces(value) !== undefined,
  },
  {
    name: 'labelSetters',
    policies: ['twofold-namespace'],
    allows: (value) => value.split('\n').every((line) => line === '' || isSubject(line)),
  },
];

/** Where settings.yaml calls a value otherwise. */
const SETTINGS: Partial<Record<keyof GuardParameters, string>> = {
  image: 'injectorImage',
  otherImage: 'otherInjectorImage',
  digests: 'injectorDigests',
  seccompProfile: 'injectorSeccompProfile',
};

const guardFolder = fileURLToPath(new URL('base/guard/', import.meta.url));

/**
 * The guard's policies and bindings, with these values where base has its own. Throws for a value that settings.yaml may
 * not contain either.
 */
export function guardDocuments(parameters: Partial<GuardParameters>): KubernetesObject[] {
  const documents = readdirSync(guardFolder).flatMap((file) =>
    parseManifests(readFileSync(guardFolder + file, 'utf8')),
  );
  return documents.map((document) => {
    const places = PLACES.filter(({ policies }) => policies.some((policy) => isPolicy(document, policy)));
    return places.reduce((changed, place) => withValue(changed, place, parameters[place.name]), document);
  });
}

function withValue(
  document: KubernetesObject,
  { name, allows }: Place,
  value: string | undefined,
): KubernetesObject {
  if (value === undefined) return document;
  if (!allows(value)) throw new Error(`the guard's ${name} has characters or a form that are not allowed`);
  const expression = `r'''${value}'''`;
  const variables = variablesOf(document).map((variable) =>
    variable.name === name ? { ...variable, expression } : variable,
  );
  return { ...document, spec: { ...specOf(document), variables } };
}

/**
 * The values in rendered policies. Throws if a variable is not one literal of an allowed value: settings were not
 * applied, or one of them became part of the expression.
 */
export function guardParameters(documents: readonly KubernetesObject[]): GuardParameters {
  const values = PLACES.map(({ name, policies, allows }) => {
    const [value, ...others] = policies.map((policy) => {
      const found = documents.filter((document) => isPolicy(document, policy)).flatMap(variablesOf);
      const { expression = '' } = found.find((variable) => variable.name === name) ?? {};
      const literal = /^r'''(.*)'''$/su.exec(expression)?.[1];
      if (literal === undefined || !allows(literal))
        throw new Error(
          `the policy ${policy} has no allowed value in its variable ${name}: ${SETTINGS[name] ?? name} in settings.yaml`,
        );
      return literal;
    });
    if (others.some((other) => other !== value)) throw new Error(`the guard has two values of ${name}`);
    return [name, value] as const;
  });
  // There is a place for each.
  return Object.fromEntries(values) as unknown as GuardParameters;
}

function isPolicy({ kind, metadata }: KubernetesObject, name: string): boolean {
  return kind === 'ValidatingAdmissionPolicy' && metadata?.name === name;
}
// For policies only, which the schema tests check against their kind.
function specOf(document: KubernetesObject): Policy['spec'] {
  return (document as Policy).spec;
}
function variablesOf(document: KubernetesObject): NonNullable<Policy['spec']['variables']> {
  return specOf(document).variables ?? [];
}
