/**
 * Logging in again in another tab, while what was typed stays where it is. Zone 0; docs/design.md#page. The
 * other tab tells this one over a channel of this origin when it is done.
 */
import { LOGGED_IN_PATH, loginAddress, SESSION_PATH } from '../console/web/shared/addresses.ts';
import { text } from '../console/web/shared/text.ts';
import type { CallResult } from './calls.ts';
import { action, make } from './elements.ts';

const CHANNEL = 'twofold-login';
const WAIT_MS = 15_000;

/** On the page where a login ends. */
export function announceLogin(): void {
  new BroadcastChannel(CHANNEL).postMessage('done');
  // Only a tab that a script opened closes; otherwise the page says what to do.
  window.close();
}

export function onLogin(run: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', run);
  return () => channel.close();
}

function refused(code: string, detail: string): CallResult<undefined> {
  return { ok: false, problem: { code, detail } };
}

/** Whether a form of this page can be sent now: the console answers, and somebody is logged in. */
export async function readSession(): Promise<CallResult<undefined>> {
  try {
    const { ok, status } = await fetch(SESSION_PATH, {
      cache: 'no-store',
      signal: AbortSignal.timeout(WAIT_MS),
    });
    if (ok) return { ok, value: undefined };
    return status === 401
      ? refused('login_ended', text.expired.inPlace)
      : refused('internal_error', text.failed.down);
  } catch {
    return refused('network', text.failed.network);
  }
}

/** Takes over the new session's token. False where it is somebody else's. */
async function adopt(): Promise<boolean> {
  const response = await fetch(SESSION_PATH, { cache: 'no-store' });
  if (!response.ok) return false;
  const { csrf, owner } = (await response.json()) as { readonly csrf: string; readonly owner: string };
  if (owner !== document.body.dataset['owner']) return false;
  document.body.dataset['csrf'] = csrf;
  return true;
}

/** Resolves when the same person is logged in again; rejects where the dialog is closed. */
function askForLogin(): Promise<void> {
  return new Promise((resolve, reject) => {
    const note = make('p', { role: 'alert', class: 'error' });
    const open = make(
      'a',
      { class: 'button primary', href: loginAddress(LOGGED_IN_PATH), target: '_blank', rel: 'noopener' },
      text.logIn,
    );
    const tryAdopt = async (): Promise<void> => {
      if (await adopt()) {
        dialog.close('done');
        resolve();
      } else note.textContent = text.expired.otherPerson;
    };
    const stop = onLogin(() => void tryAdopt());
    const proceed = action(text.expired.continue, () => void tryAdopt());
    const cancel = action(text.cancel, () => dialog.close(), 'quiet');
    const dialog = make(
      'dialog',
      { 'aria-labelledby': 'login-again' },
      make('h2', { id: 'login-again' }, text.expired.title),
      make('p', {}, text.expired.inPlace),
      note,
      make('p', { class: 'buttons' }, open, proceed, cancel),
    );
    dialog.addEventListener('close', () => {
      stop();
      dialog.remove();
      if (dialog.returnValue !== 'done') reject(new Error('not logged in again'));
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** The same call once more, after a login, where the session had ended. */
export async function withLogin<T>(run: () => Promise<CallResult<T>>): Promise<CallResult<T>> {
  const first = await run();
  if (first.ok || first.problem.code !== 'login_ended') return first;
  try {
    await askForLogin();
  } catch {
    return first;
  }
  return await run();
}
