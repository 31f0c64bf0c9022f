/**
 * Which webhooks a request goes to: rules, selectors and CEL match conditions. Development tool, no zone.
 */

import { Environment, type ParseResult } from '@marcbachmann/cel-js';

import type { AdmissionRequest } from './admission-request.ts';
import { listAt, stringAt, stringsAt, type JsonObject } from './object.ts';
import { matchesLabelSelector } from './selector.ts';

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
});

const compiled = new Map<string, ParseResult>();

/** CEL's integers are bigints in this implementation. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([member, one]) => [member, toCel(one)]));
}

/** Throws when an expression cannot be evaluated; the webhook's failure policy decides then. */
export function matchesConditions(conditions: readonly JsonObject[], request: AdmissionRequest): boolean {
  if (conditions.length === 0) return true;
  const { object, oldObject, ...rest } = request;
  const context = {
    object: toCel(object),
    oldObject: toCel(oldObject),
    request: toCel({ object, oldObject, ...rest }),
  };
  return conditions.every((condition) => {
    const expression = stringAt(condition, 'expression') ?? '';
    const program = compiled.get(expression) ?? environment.parse(expression);
    compiled.set(expression, program);
    const verdict: unknown = program(context);
    if (typeof verdict !== 'boolean')
      throw new Error(`${stringAt(condition, 'name') ?? ''} is not a boolean`);
    return verdict;
  });
}

function includes(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function ruleMatches(rule: JsonObject, request: AdmissionRequest): boolean {
  const { resource, subResource = '', operation } = request;
  const listed = stringsAt(rule, 'resources').some((pattern) => {
    const [name = '', sub = ''] = pattern.split('/');
    return (
      (name === '*' || name === resource.resource) &&
      (sub === '*' || sub === subResource || pattern === '*/*')
    );
  });
  return (
    listed &&
    includes(stringsAt(rule, 'operations'), operation) &&
    includes(stringsAt(rule, 'apiGroups'), resource.group) &&
    includes(stringsAt(rule, 'apiVersions'), resource.version)
  );
}

/** Whether rules and selectors of a webhook fit. */
export function matchesRules(
  hook: JsonObject,
  request: AdmissionRequest,
  namespaceLabels: Readonly<Record<string, string>>,
): boolean {
  return (
    listAt(hook, 'rules').some((rule) => ruleMatches(rule, request)) &&
    matchesLabelSelector(hook['namespaceSelector'], namespaceLabels) &&
    matchesLabelSelector(hook['objectSelector'], request.object.metadata.labels ?? {})
  );
}
