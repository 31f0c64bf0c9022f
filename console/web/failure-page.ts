/** What a refusal or a failure looks like as a page. Zone 1; design §5. */
import type { RefusalCode } from '../refusals.ts';
import type { Page } from './frame.ts';
import { html } from './html.ts';
import { text } from './shared/text.ts';

interface Failure {
  readonly status: number;
  readonly code: RefusalCode;
  readonly detail: string;
  readonly retryAfterSeconds?: number | undefined;
}

function sentenceOf({ code, detail, retryAfterSeconds = 60 }: Failure): string {
  if (code === 'not_found') return detail === '' ? text.failed.notFound : detail;
  if (code === 'rate_limited') return text.failed.tooMany(retryAfterSeconds);
  if (code === 'internal_error') return text.failed.internal;
  if (code === 'body_too_large') return text.failed.tooLarge;
  if (code === 'database_unavailable' || code === 'user_key_unavailable' || code === 'overloaded')
    return text.failed.down;
  return detail;
}

export function failurePage(failure: Failure): Page {
  const { status, code, retryAfterSeconds } = failure;
  const title = code === 'not_found' ? text.failed.notFoundTitle : text.failed.title;
  const waits = retryAfterSeconds ?? (status === 503 ? 1 : undefined);
  return {
    status,
    title,
    ...(waits === undefined ? {} : { retryAfterSeconds: waits }),
    body: html`<section class="notice" data-code="${code}">
      <h1>${title}</h1>
      <p>${sentenceOf(failure)}</p>
      <p><a href="/">${text.back}</a></p>
    </section>`,
  };
}
