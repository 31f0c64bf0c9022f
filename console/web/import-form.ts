/** The form that imports a .env file, and its preview. Zone 1. */
import { csrfField, verbatim } from './frame.ts';
import { html, type Html } from './html.ts';
import type { ImportPlan } from './shared/rules.ts';
import { shownSize } from './shared/quantities.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

export interface ImportForm {
  /** Returned to the person who sent it, in an answer that nothing stores, so that the import needs no second upload. */
  readonly content: string;
  readonly plan?: ImportPlan | undefined;
  readonly problem?: string | undefined;
  readonly notice?: Html | undefined;
  readonly maxBytes: number;
  readonly visitor: Visitor | undefined;
}

function states({ secrets, leftOut }: ImportPlan): Html {
  const { columns } = text.import;
  const rows = [
    ...secrets.map(({ line, name, size, replaces }) => ({
      line,
      row: html`<td data-label="${columns.line}">${line}</td>
        <th scope="row">${name}</th>
        <td data-label="${columns.size}">${shownSize(size)}</td>
        <td data-label="${columns.state}">
          <span class="tag"
            >${replaces === undefined ? text.import.states.new : text.import.states.replace}</span
          >
        </td>`,
    })),
    ...leftOut.map(({ line, problem }) => ({
      line,
      row: html`<td data-label="${columns.line}">${line}</td>
        <td colspan="2" class="problem">${problem}</td>
        <td data-label="${columns.state}"><span class="tag warn">${text.import.states.invalid}</span></td>`,
    })),
  ].sort((a, b) => a.line - b.line);
  return html`<div class="card">
    <table class="plan">
      <thead>
        <tr>
          ${Object.values(columns).map((label) => html`<th scope="col">${label}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ row }) =>
            html`<tr>
              ${row}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function preview(plan: ImportPlan): Html {
  const { secrets, leftOut } = plan;
  if (secrets.length + leftOut.length === 0)
    return html`<p class="alert" role="alert">${text.import.nothing}</p>`;
  return html`<h2>${text.import.previewTitle}</h2>
    ${states(plan)}
    ${secrets.map(({ name, replaces }) => html`<input type="hidden" name="seen" value="${`${name} ${replaces ?? 0}`}" />`)}
    ${
      secrets.length > 0 &&
      html`<p class="buttons">
        <button class="primary" type="submit" name="do" value="import">
          ${text.import.run(secrets.length)}
        </button>
        <a class="button quiet" href="/secrets">${text.cancel}</a>
      </p>`
    }`;
}

export function importForm({ content, plan, problem, notice, maxBytes, visitor }: ImportForm): Html {
  return html`<p class="crumb"><a href="/secrets">${text.list.title}</a></p>
    <h1>${text.import.title}</h1>
    <p class="lead">${text.import.lead}</p>
    <div class="alert" role="alert" data-part="notice">${notice}</div>
    <form
      method="post"
      action="/import"
      enctype="multipart/form-data"
      data-island="import"
      data-max="${maxBytes}"
    >
      ${csrfField(visitor)}
      <div class="card pad">
        <div class="field" data-part="value">
          <label for="source">${text.import.content}</label>
          <textarea
            id="source"
            name="content"
            rows="8"
            ${verbatim}
            aria-describedby="source-hint source-error"
          >
${content}</textarea>
          <p class="hint" id="source-hint">${text.import.contentHint}</p>
          <p class="error" id="source-error" aria-live="polite">${problem}</p>
        </div>
        <div class="field">
          <label for="file">${text.import.file}</label>
          <input id="file" name="file" type="file" />
        </div>
        <p class="hint sealed" data-part="sealed">${text.write.sealedThere}</p>
        <p class="buttons"><button type="submit" name="do" value="preview">${text.import.preview}</button></p>
      </div>
      <div data-part="preview">${plan && preview(plan)}</div>
    </form>`;
}
