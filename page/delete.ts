/** Asks for confirmation in place before a secret is deleted, by the same form as on the page for it. Zone 0. */
import { withQuery } from '../console/web/shared/addresses.ts';
import { consequences, MAX_NAMING_TICKETS } from '../console/web/shared/naming-tickets.ts';
import { text } from '../console/web/shared/text.ts';
import { call } from './calls.ts';
import { action, make } from './elements.ts';

function hidden(name: string, value: string): HTMLInputElement {
  return make('input', { type: 'hidden', name, value });
}

interface TicketPage {
  readonly items: readonly { namespace: string; pod: string | null; expiresAt: string }[];
}

/** Live tickets that name it, as the page for it shows them. */
async function showTickets(box: HTMLElement, name: string): Promise<void> {
  const path = withQuery('/tickets', { secret: name, live: 'true', limit: String(MAX_NAMING_TICKETS) });
  const page = await call<TicketPage>({ method: 'GET', path });
  if (!page.ok) {
    box.replaceChildren(make('p', {}, text.remove.notFound));
    return;
  }
  const { sentence, lines } = consequences(
    page.value.items.map((ticket) => ({ ...ticket, expiresAt: Date.parse(ticket.expiresAt) })),
  );
  const list = make('ul', { class: 'tickets' }, ...lines.map((line) => make('li', {}, line)));
  box.replaceChildren(make('p', {}, sentence), ...(lines.length > 0 ? [list] : []));
}

function ask(link: HTMLAnchorElement): void {
  const { delete: name = '', version = '' } = link.dataset;
  const close = action(text.cancel, () => dialog.close(), 'quiet');
  const tickets = make('div', { 'aria-live': 'polite' }, make('p', {}, text.remove.looking));
  const dialog = make(
    'dialog',
    { 'aria-labelledby': 'delete-title' },
    make('h2', { id: 'delete-title' }, text.remove.title(name)),
    make('p', {}, `${text.remove.lead} ${text.remove.refused}`),
    tickets,
    make(
      'form',
      { method: 'post', action: link.getAttribute('href') ?? '' },
      hidden('csrf', document.body.dataset['csrf'] ?? ''),
      hidden('version', version),
      make('p', { class: 'buttons' }, make('button', { class: 'danger' }, text.remove.confirm), close),
    ),
  );
  dialog.addEventListener('close', () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
  void showTickets(tickets, name);
}

export function enhanceDeletes(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-delete]')) {
    link.addEventListener('click', (event) => {
      // The link is to open in another tab: that is the page without this script.
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      ask(link);
    });
  }
}
