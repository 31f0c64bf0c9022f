/** Delete a secret, after confirmation. Zone 1; docs/design.md#page. */
import { parseSecretName, type SecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { SecretRow, SecretStore } from '../core/stores.ts';
import type { UsedTicket } from '../core/tickets.ts';
import type { UseCases } from '../core/use-cases.ts';
import { noteRefusal } from '../http/answer.ts';
import { secretPath } from './shared/addresses.ts';
import { csrfField, type Page, type PageAnswer } from './frame.ts';
import { html, type Html } from './html.ts';
import { againNotice, againStatus, type PageRoutes, type Submission } from './routing.ts';
import type { FlashMessages } from './flash-messages.ts';
import { findSecret, nameIn, unknownSecretPage } from './secret-page.ts';
import { consequences, MAX_NAMING_TICKETS } from './shared/naming-tickets.ts';
import { text } from './shared/text.ts';
import type { Visitor } from './visitors.ts';

interface Ports {
  readonly secrets: Pick<SecretStore, 'find'>;
  readonly cases: Pick<UseCases, 'deleteSecret' | 'listTickets'>;
  readonly flashMessages: FlashMessages;
}

const MAX_FORM_BYTES = 4096;

interface Question {
  readonly secret: Pick<SecretRow, 'name' | 'version'>;
  readonly visitor: Visitor | undefined;
  /** Those that name it; undefined where they have not been looked for. */
  readonly tickets?: readonly UsedTicket[];
  readonly notice?: Html;
  readonly status?: number;
}

function consequence(tickets: readonly UsedTicket[]): Html {
  const naming = tickets.map(({ ticket: { ns: namespace, pod = null, exp: expiresAt } }) => ({
    namespace,
    pod,
    expiresAt,
  }));
  const { sentence, lines } = consequences(naming);
  return html`<p>${sentence}</p>
    ${
      lines.length > 0 &&
      html`<ul class="tickets">
        ${lines.map((line) => html`<li>${line}</li>`)}
      </ul>`
    }`;
}

function question({ secret: { name, version }, visitor, tickets, notice, status = 200 }: Question): Page {
  return {
    status,
    title: text.remove.title(name),
    here: 'secrets',
    body: html`<p class="crumb"><a href="/secrets">${text.list.title}</a></p>
      <h1 class="name">${text.remove.title(name)}</h1>
      ${notice && html`<div class="alert" role="alert">${notice}</div>`}
      <form class="card pad" method="post" action="${secretPath(name, 'delete')}">
        ${csrfField(visitor)}
        <input type="hidden" name="version" value="${version}" />
        <p>${text.remove.lead} ${text.remove.refused}</p>
        ${tickets && consequence(tickets)}
        <p class="buttons">
          <button class="danger" type="submit">${text.remove.confirm}</button>
          <a class="button quiet" href="${secretPath(name)}">${text.cancel}</a>
        </p>
      </form>`,
  };
}

export function mountDeleting(routes: PageRoutes, ports: Ports): void {
  const path = '/secret/:name/delete';
  const ticketsNaming = ({ ownerId }: Visitor, naming: SecretName): Promise<readonly UsedTicket[]> =>
    ports.cases.listTickets(ownerId, { limit: MAX_NAMING_TICKETS, naming, live: true });
  routes.show(path, 'delete', async (request, visitor) => {
    const secret = await findSecret(ports.secrets, request, visitor);
    return secret
      ? question({ secret, visitor, tickets: await ticketsNaming(visitor, secret.name) })
      : unknownSecretPage(nameIn(request));
  });
  const submit = async ({ request, response, form, visitor }: Submission): Promise<PageAnswer> => {
    const name = parseSecretName(nameIn(request));
    if (!name) return unknownSecretPage(nameIn(request));
    const { ownerId } = visitor;
    const asked = ok({ ifMatch: [Number(form.text('version'))] });
    const outcome = await ports.cases.deleteSecret({ ownerId, name, asked });
    if (outcome.ok) {
      await ports.flashMessages.set(response, { what: 'deleted', name });
      return { to: '/secrets' };
    }
    noteRefusal(response, outcome.refusal);
    const [secret] = await ports.secrets.find(ownerId, [name]);
    if (!secret) return unknownSecretPage(name);
    const tickets = await ticketsNaming(visitor, name);
    return question({ secret, visitor, tickets, notice: html`<p>${text.remove.changed}</p>`, status: 412 });
  };
  routes.form(path, 'delete', {
    maxBytes: MAX_FORM_BYTES,
    submit,
    again: (request, form, why, visitor) => {
      const name = parseSecretName(nameIn(request));
      if (!name) return Promise.resolve(unknownSecretPage(nameIn(request)));
      const secret = { name, version: Number(form.text('version')) };
      const again = { notice: againNotice(why), status: againStatus(why) };
      return Promise.resolve(question({ secret, visitor, ...again }));
    },
  });
}
