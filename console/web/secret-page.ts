/** One secret: what is known about it, and what happened to it. Zone 1; docs/design.md#page. */
import type { Request } from 'express';
import { parseSecretName } from '#envelope/names.ts';
import type { AuditStore } from '../core/audit.ts';
import type { SecretRow, SecretStore } from '../core/stores.ts';
import { parameter } from '../http/request.ts';
import { secretPath, withQuery } from './shared/addresses.ts';
import { recordsTable } from './activity-page.ts';
import { failurePage } from './plain-pages.ts';
import type { Page } from './frame.ts';
import { factList, type Fact } from './facts.ts';
import { html, type Html } from './html.ts';
import { recipeList } from './recipe-list.ts';
import { shownExpiry, shownTime } from './shown.ts';
import { shownSize } from './shared/quantities.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

interface Ports {
  readonly secrets: Pick<SecretStore, 'find'>;
  readonly audit: Pick<AuditStore, 'list'>;
  readonly clock: () => number;
  readonly envEnabled: boolean;
}

const MAX_RECORDS = 50;

export function nameIn(request: Request): string {
  return parameter(request, 'name');
}

export function unknownSecretPage(name: string): Page {
  return failurePage({
    status: 404,
    code: 'not_found',
    detail: parseSecretName(name) ? text.failed.unknownSecret(name) : text.failed.unknownName,
  });
}

/** The visitor's secret of the name in the address. */
export async function findSecret(
  secrets: Ports['secrets'],
  request: Request,
  { ownerId }: Visitor,
): Promise<SecretRow | undefined> {
  const name = parseSecretName(nameIn(request));
  return name && (await secrets.find(ownerId, [name]))[0];
}

function facts(secret: SecretRow, { now, envEnabled }: { now: number; envEnabled: boolean }): Html {
  const { columns } = text.list;
  const variable = secret.envSafe ? text.secret.variableYes : text.secret.variableNo;
  const rows: readonly Fact[] = [
    [columns.size, shownSize(secret.size)],
    [text.secret.version, secret.version],
    [columns.created, shownTime(secret.createdAt, now)],
    [columns.changed, shownTime(secret.modifiedAt, now)],
    [columns.used, shownTime(secret.lastUsedAt, now)],
    [columns.expires, shownExpiry(secret.expiresAt, now)],
    [text.secret.inSession, html`<code>${text.secret.fileAt(secret.name)}</code>`],
    ...(envEnabled ? [[text.secret.variable, variable] as const] : []),
  ];
  return factList(rows);
}

export function createSecretPage({ secrets, audit, clock, envEnabled }: Ports) {
  return async (request: Request, visitor: Visitor): Promise<Page> => {
    const secret = await findSecret(secrets, request, visitor);
    if (!secret) return unknownSecretPage(nameIn(request));
    const now = clock();
    const page = { limit: MAX_RECORDS, secretId: secret.id };
    const records = await audit.list(visitor.ownerId, page);
    return {
      title: secret.name,
      here: 'secrets',
      wide: true,
      body: html`<p class="crumb"><a href="/secrets">${text.list.title}</a></p>
        <div class="title">
          <h1 class="name">${secret.name}</h1>
          <p class="buttons">
            <a class="button primary" href="${secretPath(secret.name, 'replace')}">${text.secret.replace}</a>
            <a class="button" href="${secretPath(secret.name, 'edit')}">${text.secret.edit}</a>
            <a
              class="button"
              href="${secretPath(secret.name, 'delete')}"
              data-delete="${secret.name}"
              data-version="${secret.version}"
              >${text.secret.delete}</a
            >
          </p>
        </div>
        ${secret.note !== undefined && html`<p class="note">${secret.note}</p>`}
        ${facts(secret, { now, envEnabled })} ${recipeList(secret.name)}
        <h2>${text.secret.uses}</h2>
        <p class="hint">${text.secret.usesLead}</p>
        ${records.length > 0 ? recordsTable(records, now, false) : html`<p>${text.secret.noUses}</p>`}
        <p class="pager">
          <a href="${withQuery('/activity', { secret: secret.name })}"
            >${text.activity.ofSecret(secret.name)}</a
          >
        </p>`,
    };
  };
}
