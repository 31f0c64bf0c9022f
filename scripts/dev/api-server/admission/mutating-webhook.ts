/**
 * Runs a request through the stored MutatingWebhookConfigurations. Development tool, no zone.
 */

import { contextOf, createCompiler } from '../../admission-policy/cel.ts';
import { matches, type LabelSelector, type Rule } from '../../admission-policy/matching.ts';
import { decode } from '../objects/decode.ts';
import { listAt, objectAt, stringAt, type ApiObject, type JsonObject } from '../objects/object.ts';
import { mutatingWebhooks } from '../objects/resource.ts';
import type { Implicit } from '../objects/service-account.ts';
import { applyJsonPatch, PatchMismatch } from '../patch.ts';
import { failure, internalError, StatusError } from '../status.ts';
import type { Store } from '../store.ts';
import { admissionRequest, type AdmissionRequest, type Attempt } from './admission-request.ts';
import type { WebhookAnswer, WebhookCaller } from './webhook-call.ts';

export type MutatingWebhooks = {
  /** The object after all webhooks. Throws the refusal of one, or 500 where one fails and its policy is Fail. */
  mutate(attempt: Attempt, warnings: string[]): Promise<ApiObject>;
};

/** Which requests a webhook is asked about. */
type Scope = {
  rules?: Rule[];
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  matchConditions?: { name: string; expression: string }[];
};

/** A webhook's refusal, as the API server passes it on. */
function denial(name: string, { status }: WebhookAnswer): StatusError {
  const denied = `admission webhook "${name}" denied the request`;
  const reason = stringAt(status, 'reason') ?? '';
  const why = [stringAt(status, 'message') ?? '', reason].find((text) => text !== '');
  const code = typeof status['code'] === 'number' && status['code'] >= 400 ? status['code'] : 400;
  const message = why === undefined ? `${denied} without explanation` : `${denied}: ${why}`;
  return failure(code, reason, message, objectAt(status, 'details'));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function createMutatingWebhooks(ports: {
  store: Store;
  implicit: Implicit;
  caller: WebhookCaller;
}): MutatingWebhooks {
  const compile = createCompiler();

  /** Throws for a condition that has no value; the webhook's failure policy decides then. */
  function isAsked(hook: JsonObject, request: AdmissionRequest): boolean {
    const { rules = [], matchConditions = [], ...selectors }: Scope = hook; // as the stored configuration has it
    const { namespace } = request;
    const documents = namespace === undefined ? [] : [ports.implicit.namespace(namespace)];
    if (rules.length === 0 || !matches({ resourceRules: rules, ...selectors }, request, documents))
      return false;
    const context = contextOf(request);
    return matchConditions.every(({ name, expression }) => {
      const verdict = compile(expression)(context);
      if (typeof verdict !== 'boolean') throw new Error(`${name} is not a boolean`);
      return verdict;
    });
  }

  function patched(attempt: Attempt, object: ApiObject, patch: unknown): ApiObject {
    try {
      const { apiVersion, kind } = object;
      return decode(applyJsonPatch(object, patch), { apiVersion, kind, shape: attempt.resource.shape })
        .object;
    } catch (error) {
      if (error instanceof PatchMismatch || error instanceof StatusError) throw internalError(error.message);
      throw error;
    }
  }

  async function runHook(
    hook: JsonObject,
    attempt: Attempt,
    object: ApiObject,
    warnings: string[],
  ): Promise<ApiObject> {
    const name = stringAt(hook, 'name') ?? '';
    const request = admissionRequest({ ...attempt, object });
    let answer: WebhookAnswer;
    try {
      if (!isAsked(hook, request)) return object;
      if (attempt.dryRun && !['None', 'NoneOnDryRun'].includes(stringAt(hook, 'sideEffects') ?? '')) {
        throw failure(400, 'BadRequest', `admission webhook "${name}" does not support dry run`);
      }
      answer = await ports.caller.call(hook, request);
    } catch (error) {
      if (error instanceof StatusError) throw error;
      if (hook['failurePolicy'] === 'Ignore') return object;
      throw internalError(`failed calling webhook "${name}": ${textOf(error)}`);
    }
    warnings.push(...answer.warnings);
    if (!answer.allowed) throw denial(name, answer);
    return answer.patch === undefined ? object : patched(attempt, object, answer.patch);
  }

  return {
    async mutate(attempt, warnings) {
      let object = attempt.object;
      // Sorted by name: the order in which the real API server calls them.
      for (const configuration of ports.store.list(mutatingWebhooks)) {
        for (const hook of listAt(configuration, 'webhooks')) {
          object = await runHook(hook, attempt, object, warnings);
        }
      }
      return object;
    },
  };
}
