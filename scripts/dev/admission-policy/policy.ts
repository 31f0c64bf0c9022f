/**
 * Judges admission requests by ValidatingAdmissionPolicies without an API server: for the guard's tests and for the
 * development API server. No zone. What is modelled is what Kubernetes 1.35 does with policies as ours are written
 * (design, section 8): match constraints, match conditions, lazy variables, failure policies.
 * Not modelled: params, cost limits, audit annotations, the authorizer, `namespaceObject`, rules that exclude.
 */
import { contextOf, createCompiler, type Context, type Evaluate } from './cel.ts';
import { matches, type Matching } from './matching.ts';
import type { AdmissionRequest, KubernetesObject } from './request.ts';

export interface AdmissionVerdict {
  /** Why the request is refused, policy by policy; empty when it is allowed. */
  readonly denied: readonly { readonly policy: string; readonly message: string }[];
  /** What the API server would say to the client in warning headers. */
  readonly warnings: readonly string[];
}

export interface AdmissionPolicies {
  review(request: AdmissionRequest): AdmissionVerdict;
}

interface Validation {
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
}
interface Policy extends KubernetesObject {
  readonly spec: {
    readonly failurePolicy?: string;
    readonly matchConstraints?: Matching;
    readonly matchConditions?: readonly { expression: string }[];
    readonly variables?: readonly { name: string; expression: string }[];
    readonly validations?: readonly Validation[];
  };
}
interface Binding extends KubernetesObject {
  readonly spec: {
    readonly policyName: string;
    readonly matchResources?: Matching;
    readonly validationActions?: readonly string[];
  };
}

interface Compiled {
  readonly name: string;
  readonly spec: Policy['spec'];
  readonly bindings: readonly Binding[];
  readonly conditions: readonly Evaluate[];
  readonly variables: readonly (readonly [string, Evaluate])[];
  readonly validations: readonly { rule: Validation; holds: Evaluate; explain: Evaluate | undefined }[];
}
/** `broken`: not a verdict of the policy, so its failure policy decides. */
interface Failure {
  readonly message: string;
  readonly broken?: boolean;
}

/**
 * All policies, bindings and Namespaces (for their labels) among the documents; others are passed over.
 * A policy without a binding does nothing, as in a cluster. Throws for an expression that does not parse.
 */
export function createAdmissionPolicies(documents: readonly KubernetesObject[]): AdmissionPolicies {
  const compile = createCompiler();
  // Documents are told apart by their kind; whether they have its shape is for Kubernetes' schemas to say.
  const bindings = ofKind(documents, 'ValidatingAdmissionPolicyBinding') as Binding[];
  const policies = (ofKind(documents, 'ValidatingAdmissionPolicy') as Policy[]).map((policy) =>
    compilePolicy(policy, bindings, compile),
  );

  return {
    review(request) {
      const denied: { policy: string; message: string }[] = [];
      const warnings: string[] = [];
      const applies = (matching: Matching | undefined): boolean => matches(matching, request, documents);
      for (const compiled of policies.filter(({ spec }) => applies(spec.matchConstraints))) {
        for (const binding of compiled.bindings.filter(({ spec }) => applies(spec.matchResources))) {
          const actions = binding.spec.validationActions ?? [];
          for (const failure of judge(compiled, withVariables(compiled, contextOf(request)))) {
            const { message } = failure;
            if (failure.broken && compiled.spec.failurePolicy === 'Ignore') continue;
            if (actions.includes('Deny')) denied.push({ policy: compiled.name, message });
            if (actions.includes('Warn')) warnings.push(warningOf(compiled.name, binding, message));
          }
        }
      }
      return { denied, warnings };
    },
  };
}

function ofKind(documents: readonly KubernetesObject[], kind: string): KubernetesObject[] {
  return documents.filter((document) => document.kind === kind);
}

function warningOf(policy: string, binding: Binding, message: string): string {
  const by = binding.metadata?.name ?? '';
  return `Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${by}': ${message}`;
}

function compilePolicy(
  policy: Policy,
  bindings: readonly Binding[],
  compile: (e: string) => Evaluate,
): Compiled {
  const name = policy.metadata?.name ?? '';
  const { spec } = policy;
  return {
    name,
    spec,
    bindings: bindings.filter((binding) => binding.spec.policyName === name),
    conditions: (spec.matchConditions ?? []).map((condition) => compile(condition.expression)),
    variables: (spec.variables ?? []).map(
      (variable) => [variable.name, compile(variable.expression)] as const,
    ),
    validations: (spec.validations ?? []).map((rule) => ({
      rule,
      holds: compile(rule.expression),
      explain: rule.messageExpression ? compile(rule.messageExpression) : undefined,
    })),
  };
}

/** Match conditions first (one false: the policy says nothing; else one broken: the failure policy), then each rule. */
function judge(compiled: Compiled, context: Context): Failure[] {
  const conditions = compiled.conditions.map((condition) => attempt(() => condition(context)));
  if (conditions.some((result) => result.ok && result.value !== true)) return [];
  const broken = conditions.filter((result) => !result.ok);
  if (broken.length > 0) return broken.map(({ error }) => ({ broken: true, message: error }));
  return compiled.validations.flatMap(({ rule, holds, explain }): Failure[] => {
    const result = attempt(() => holds(context));
    if (!result.ok) {
      return [
        { broken: true, message: `expression '${rule.expression}' resulted in error: ${result.error}` },
      ];
    }
    return result.value === true ? [] : [{ message: messageOf(rule, explain, context) }];
  });
}

function messageOf(rule: Validation, explain: Evaluate | undefined, context: Context): string {
  const result = explain ? attempt(() => explain(context)) : undefined;
  const text = result?.ok && typeof result.value === 'string' ? result.value.trim() : '';
  if (text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= 5 * 1024) return text;
  return rule.message?.trim() ?? `failed expression: ${rule.expression.trim()}`;
}

type Attempt =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

function attempt(evaluate: () => unknown): Attempt {
  try {
    return { ok: true, value: evaluate() };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

/** A variable is evaluated when it is first read, and once. */
function withVariables(compiled: Compiled, seen: Context): Context {
  const variables = {};
  const context = { ...seen, variables };
  for (const [name, evaluate] of compiled.variables) {
    let known: { value: unknown } | undefined;
    const get = (): unknown => (known ??= { value: evaluate(context) }).value;
    Object.defineProperty(variables, name, { enumerable: true, get });
  }
  return context;
}
