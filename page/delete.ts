/** Asks for confirmation in place before a secret is deleted, by the same form as on the page for it. Zone 0. */
import { text } from '../console/web/shared/text.ts';
import { action, make } from './elements.ts';

function hidden(name: string, value: string): HTMLInputElement {
  return make('input', { type: 'hidden', name, value });
}

function ask(link: HTMLAnchorElement): void {
  const { delete: name = '', version = '' } = link.dataset;
  const close = action(text.cancel, () => dialog.close(), 'quiet');
  const dialog = make(
    'dialog',
    { 'aria-labelledby': 'delete-title' },
    make('h2', { id: 'delete-title' }, text.remove.title(name)),
    make('p', {}, text.remove.lead),
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
