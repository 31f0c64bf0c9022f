/** The form that imports a .env file, and its preview. Zone 1. */
import type { ImportPlan } from '#envelope/import-plan.ts';
import { csrfField, unmanaged, verbatim } from './frame.ts';
import { html, type Html } from './html.ts';
import { importRows, type ImportRow } from './shared/import-rows.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

export interface ImportForm {
  /** Returned to the person who sent it, in an answer that nothing stores, so that the import needs no second upload. */
  readonly content: string;
  /** Shown in place of the fields. */
  readonly plan?: ImportPlan | undefined;
  readonly problem?: string | undefined;
  readonly notice?: Html | undefined;
  /** About the file that was read. */
  readonly notes?: readonly string[];
  readonly maxBytes: number;
  readonly visitor: Visitor | undefined;
}

function notesList(notes: readonly string[]): Html | false {
  return (
    notes.length > 0 &&
    html`<ul class="notes">
      ${notes.map((note) => html`<li>${note}</li>`)}
    </ul>`
  );
}

function cells({ entry, refused }: ImportRow): Html {
  const { columns, hidden, hiddenLabel } = text.import;
  if (entry) {
    return html`<th scope="row">${entry.name}</th>
      <td data-label="${columns.value}">
        ${
          entry.value === ''
            ? html`<span class="none">${text.none}</span>`
            : html`<span class="masked" aria-label="${hiddenLabel}" role="img">${hidden}</span
                ><code class="clear">${entry.value}</code>`
        }
      </td>
      <td data-label="${columns.size}" class="size">${entry.size}</td>`;
  }
  return html`<td colspan="3" class="problem">
    <div>${refused?.problem}. ${refused?.next} <code>${refused?.code}</code></div>
  </td>`;
}

function row(each: ImportRow): Html {
  const { columns } = text.import;
  return html`<tr>
    <td data-label="${columns.line}">${each.line}</td>
    ${cells(each)}
    <td data-label="${columns.state}">
      <div><span class="${each.warns ? 'tag warn' : 'tag'}">${each.state}</span>${notesList(each.notes)}</div>
    </td>
  </tr>`;
}

function preview(plan: ImportPlan, notes: readonly string[]): Html {
  const { secrets, refused } = plan;
  return html`<div class="title">
      <h2>${text.import.previewTitle}</h2>
      <label class="inline"
        ><input type="checkbox" class="reveal" autocomplete="off" /> ${text.import.showValues}</label
      >
    </div>
    ${refused.length > 0 && html`<p class="alert" role="alert">${text.import.refused(refused.length)}</p>`}
    ${notesList([...notes, ...plan.notes])}
    <div class="card">
      <table class="plan">
        <thead>
          <tr>
            ${Object.values(text.import.columns).map((label) => html`<th scope="col">${label}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${importRows(plan).map(row)}
        </tbody>
      </table>
    </div>
    ${secrets.map(({ name, replaces }) => html`<input type="hidden" name="seen" value="${`${name} ${replaces ?? 0}`}" />`)}
    <p class="buttons">
      ${
        refused.length === 0 &&
        html`<button class="primary" type="submit" name="do" value="import">
          ${text.import.run(secrets.length)}
        </button>`
      }
      <button class="${refused.length === 0 ? 'quiet' : 'primary'}" type="submit" name="do" value="edit">
        ${text.import.edit}
      </button>
    </p>`;
}

function fields({ content, problem }: ImportForm): Html {
  return html`<div class="card pad" data-part="editor">
    <div class="field value" data-part="value">
      <label for="source">${text.import.content}</label>
      <label class="inline"
        ><input type="checkbox" class="reveal" autocomplete="off" /> ${text.import.show}</label
      >
      <textarea
        id="source"
        name="content"
        rows="8"
        ${verbatim}
        ${unmanaged}
        aria-describedby="source-hint source-error"
      >
${content}</textarea>
      <p class="hint" id="source-hint">${text.import.contentHint}</p>
      <div class="file">
        <label for="file">${text.import.file}</label>
        <input id="file" name="file" type="file" />
      </div>
      <p class="error" id="source-error" aria-live="polite">${problem}</p>
    </div>
    <p class="hint sealed" data-part="sealed">${text.write.sealedThere}</p>
    <p class="buttons">
      <button class="primary" type="submit" name="do" value="preview">${text.import.preview}</button>
      <a class="button quiet" href="/secrets">${text.cancel}</a>
    </p>
  </div>`;
}

export function importForm(form: ImportForm): Html {
  const { content, plan, notice, notes = [], maxBytes, visitor } = form;
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
      ${plan ? html`<input type="hidden" name="kept" value="${Buffer.from(content).toString('base64')}" />` : fields(form)}
      <div data-part="preview">${plan && preview(plan, notes)}</div>
    </form>`;
}
