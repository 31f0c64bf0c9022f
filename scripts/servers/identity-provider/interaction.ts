/**
 * Sign-in by name, consent without asking: the steps between a client's request and its code.
 * Development tool, no zone.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';

import type Provider from 'oidc-provider';

import { consoleResource, consoleScope } from './configuration.ts';
import { loginPage } from './pages.ts';

const maxFormBytes = 4096;

async function readName(request: IncomingMessage): Promise<string> {
  let form = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    form += chunk.toString();
    if (form.length > maxFormBytes) throw new Error('the form is too large');
  }
  return (new URLSearchParams(form).get('username') ?? '').trim();
}

async function consent(
  provider: Provider,
  { grantId, params, session }: Awaited<ReturnType<Provider['interactionDetails']>>,
): Promise<string> {
  const found = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const grant =
    found ?? new provider.Grant({ accountId: session?.accountId, clientId: String(params['client_id']) });
  grant.addOIDCScope('openid offline_access profile email');
  grant.addResourceScope(consoleResource, consoleScope);
  return grant.save();
}

/** Serves `/interaction/…`. */
export async function answerInteraction(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const details = await provider.interactionDetails(request, response);
  const merge = { mergeWithLastSubmission: true };
  if (details.prompt.name === 'consent') {
    const result = { consent: { grantId: await consent(provider, details) } };
    await provider.interactionFinished(request, response, result, merge);
    return;
  }
  const name = request.method === 'POST' ? await readName(request) : '';
  if (name === '') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(loginPage(details.uid));
    return;
  }
  await provider.interactionFinished(request, response, { login: { accountId: name } }, merge);
}
