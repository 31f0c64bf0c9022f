/** The form of `/launch`. Zone 1; docs/design.md#page. */
import { launchFields, type LaunchFieldRow } from '#envelope/annotation-values.ts';
import type { SecretSummary } from '../core/stores.ts';
import { csrfField, verbatim } from './frame.ts';
import { html, type Html } from './html.ts';
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
  readonly now: number;
}

function sessionFacts({ namespace, serviceAccount, pod, containers }: LaunchRequest): Html {
  const facts = [
    [text.launch.namespace, namespace],
    [text.launch.account, serviceAccount],
    [text.launch.pod, pod ?? text.launch.anyPod],
    ...(containers === undefined ? [] : [[text.launch.containers, containers.join(', ')] as const]),
  ] as const;
  return html`<dl class="session">
    ${facts.map(
      ([label, value]) =>
        html`<div>
          <dt>${label}</dt>
          <dd><code>${value}</code></dd>
        </div>`,
    )}
  </dl>`;
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

export function launchForm(form: LaunchForm): Html {
  const { launch, secrets } = form;
  return html`<h1>${text.launch.title}</h1>
    <p class="lead">${text.launch.lead(launch.returnTo.host)}</p>
    ${sessionFacts(launch)}
    <div class="alert" role="alert">${form.notice}</div>
    <form method="post" action="${form.action}" data-island="launch" novalidate>
      ${csrfField(form.visitor)}
      <fieldset>
        <legend>${text.launch.choose}</legend>
        ${
          secrets.length === 0
            ? html`<div class="card pad">
                <p>${text.launch.empty}</p>
                <p class="buttons">
                  <a class="button primary" href="/new" target="_blank" rel="noopener">${text.list.add}</a>
                  <a class="button" href="${form.action}">${text.launch.emptyAgain}</a>
                </p>
              </div>`
            : html`<ul class="picks card">
                  ${secrets.map((secret) => pick(secret, form))}
                </ul>
                ${form.envEnabled && html`<p class="hint">${text.launch.variableHint}</p>`}`
        }
      </fieldset>
      ${
        secrets.length > 0 &&
        html`${launchFields.map((field) => textField(field, form))}
          <p class="buttons"><button class="primary" type="submit">${text.launch.submit}</button></p>`
      }
    </form>`;
}
