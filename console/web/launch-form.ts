/** The form of `/launch`. Zone 1; docs/design.md#page. */
import { launchFields, type LaunchFieldRow } from '#envelope/annotation-values.ts';
import type { SecretSummary } from '../core/stores.ts';
import { csrfField, verbatim } from './frame.ts';
import { factList, type Fact } from './facts.ts';
import { html, type Html } from './html.ts';
import { declineButtons, declineForms } from './launch-decline.ts';
import type { LaunchRequest } from './launch-request.ts';
import { shownSize } from './shared/quantities.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

/** What a person has ticked and typed. */
export interface Picks {
  readonly picked: ReadonlySet<string>;
  readonly kinds: ReadonlyMap<string, string>;
  readonly names: ReadonlyMap<string, string>;
  /** Texts of annotations, by field. */
  readonly fields: ReadonlyMap<string, string>;
}

export const nothingPicked: Picks = {
  picked: new Set(),
  kinds: new Map(),
  names: new Map(),
  fields: new Map(launchFields.map(({ field, text: holds }) => [field, holds])),
};

export interface LaunchForm {
  readonly launch: LaunchRequest;
  /** Where the form is sent: this page with its query. */
  readonly action: string;
  readonly secrets: readonly SecretSummary[];
  readonly picks: Picks;
  /** What is wrong, by field. */
  readonly problems?: ReadonlyMap<string, string>;
  readonly notice?: Html | undefined;
  readonly visitor: Visitor;
  readonly envEnabled: boolean;
  /** Of the ticket. */
  readonly lifeSeconds: number;
  readonly now: number;
}

/** Which pods of that account and namespace. */
function podFact(pod: LaunchRequest['pod']): Html {
  if (pod === undefined) return html`${text.launch.anyPod}`;
  return pod.endsWith('*')
    ? html`${text.launch.podPrefix} <code>${pod.slice(0, -1)}</code>`
    : html`only <code>${pod}</code>`;
}

function containersFact(containers: readonly string[]): Html {
  return containers[0] === '*'
    ? html`${text.launch.allContainers}`
    : html`<code>${containers.join(', ')}</code>`;
}

/** Who gives, who asks, and for what: all that a person agrees to. */
function sessionFacts({ launch, visitor, lifeSeconds }: LaunchForm): Html {
  const { namespace, serviceAccount, pod, containers, returnTo } = launch;
  const facts: readonly Fact[] = [
    [text.loggedInAs, visitor.shownName],
    [text.launch.launcher, html`<code>${returnTo.origin}</code>`],
    [text.launch.namespace, html`<code>${namespace}</code>`],
    [text.launch.account, html`<code>${serviceAccount}</code>`],
    [text.launch.pod, podFact(pod)],
    ...(containers ? [[text.launch.containers, containersFact(containers)] as const] : []),
    [text.launch.lasts, text.launch.lastsFor(lifeSeconds)],
  ];
  return factList(facts, 'session');
}

/** How a ticked secret is given: a choice, where it can be a variable too. */
function asFields({ name, envSafe }: SecretSummary, { picks, envEnabled }: LaunchForm): Html {
  const both = envEnabled && envSafe;
  const variable = picks.kinds.get(name) === 'variable';
  return html`<div class="as">
    ${
      both
        ? html`<select name="${`as:${name}`}" aria-label="${text.launch.kind(name)}">
            <option value="file">${text.launch.file}</option>
            <option value="variable" ${variable && html`selected`}>${text.launch.variable}</option>
          </select>`
        : html`<span>${text.launch.file}</span>`
    }
    <input
      name="${`to:${name}`}"
      value="${picks.names.get(name) ?? name}"
      aria-label="${both ? text.launch.fileOrVariableName(name) : text.launch.fileName(name)}"
      ${verbatim}
    />
  </div>`;
}

function pick(secret: SecretSummary, form: LaunchForm): Html {
  const { name, size, expiresAt } = secret;
  const expired = expiresAt !== undefined && expiresAt <= form.now;
  return html`<li data-name="${name}">
    <label class="pick"
      ><input
        type="checkbox"
        name="pick"
        value="${name}"
        ${form.picks.picked.has(name) && html`checked`}
        ${expired && html`disabled`}
      />
      <span>${name}</span></label
    >
    <span class="hint"
      >${expired ? html`<span class="tag warn">${text.launch.expired}</span>` : shownSize(size)}</span
    >
    ${secret.note !== undefined && html`<p class="note">${secret.note}</p>`} ${asFields(secret, form)}
  </li>`;
}

function textField({ field }: LaunchFieldRow, { picks, problems }: LaunchForm): Html {
  const { label, hint } = text.launch.fields[field];
  const problem = problems?.get(field);
  return html`<div class="field">
    <label for="${field}">${label}</label>
    <input
      id="${field}"
      name="${field}"
      value="${picks.fields.get(field)}"
      ${verbatim}
      aria-describedby="${field}-hint ${field}-error"
      ${problem !== undefined && html`aria-invalid="true"`}
    />
    <p class="hint" id="${field}-hint">${hint}</p>
    <p class="error" id="${field}-error" aria-live="polite">${problem}</p>
  </div>`;
}

function choices(form: LaunchForm): Html {
  const { secrets } = form;
  return html`<fieldset>
      <legend>${text.launch.choose}</legend>
      <ul class="picks card">
        ${secrets.map((secret) => pick(secret, form))}
      </ul>
      ${form.envEnabled && html`<p class="hint">${text.launch.variableHint}</p>`}
    </fieldset>
    ${launchFields.map((field) => textField(field, form))}`;
}

function noChoices({ action }: LaunchForm): Html {
  return html`<div class="card pad">
    <p>${text.launch.empty}</p>
    <p class="buttons">
      <a class="button primary" href="/new" target="_blank" rel="noopener">${text.list.add}</a>
      <a class="button" href="${action}">${text.launch.emptyAgain}</a>
    </p>
  </div>`;
}

/** Stays in sight however long the list is; the script fills in what is ticked. */
function consentBar({ launch, secrets }: LaunchForm): Html {
  return html`<div class="consent card">
    <div class="ticked" data-part="ticked" hidden>
      <p role="status" data-part="count"></p>
      <ul data-part="names" aria-label="${text.launch.tickedNames}"></ul>
    </div>
    <p class="error" role="alert" data-part="problem"></p>
    <p class="buttons">
      ${
        secrets.length > 0 &&
        html`<button class="primary" type="submit" data-part="submit">${text.launch.submit}</button>`
      }
      ${declineButtons(launch)}
    </p>
  </div>`;
}

export function launchForm(form: LaunchForm): Html {
  const { launch, secrets } = form;
  // Around everything: the bar sticks only as far as its form reaches.
  return html`<form
      method="post"
      action="${form.action}"
      data-island="launch"
      data-mode="${launch.mode}"
      novalidate
    >
      <h1>${text.launch.title}</h1>
      <p class="lead">${text.launch.lead(launch.returnTo.host)}</p>
      ${sessionFacts(form)}
      <div class="alert" role="alert" data-part="notice">${form.notice}</div>
      ${
        launch.mode === 'message' &&
        html`<noscript><p class="alert">${text.launch.needsScript}</p></noscript>`
      }
      ${csrfField(form.visitor)} ${secrets.length === 0 ? noChoices(form) : choices(form)} ${consentBar(form)}
    </form>
    ${declineForms(launch)}`;
}
