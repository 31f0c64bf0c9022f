/** What browsers and launchers can send to the console's page. */
import { createSecretKey } from 'node:crypto';
import type { Request } from 'express';
import { decodeImport, planImport } from '#envelope/import-plan.ts';
import { parseKid } from '#envelope/names.ts';
import { createCookies } from '../../console/web/cookies.ts';
import { readForm, typedLines, type Form } from '../../console/web/forms.ts';
import { documentText, html } from '../../console/web/html.ts';
import { importForm } from '../../console/web/import-form.ts';
import { mountLaunch } from '../../console/web/launch-page.ts';
import { parseLaunch } from '../../console/web/launch-request.ts';
import { listPath, parseListQuery } from '../../console/web/list-query.ts';
import type { FormRoute, PageRoutes } from '../../console/web/routing.ts';
import { ignored, MAX_HEADER, MAX_VALUE_BYTES, requestOf, visitor } from './console.ts';
import type { Subject } from './harness.ts';
import { steps, text, type Step } from './subject.ts';

/** The routes that a part of the page mounts. */
function formOf(mount: (routes: PageRoutes) => void): FormRoute {
  let found: FormRoute | undefined;
  mount({
    open: () => undefined,
    show: () => undefined,
    form: (_path: string, _name: string, route: FormRoute) => (found = route),
  } as unknown as PageRoutes);
  return found!;
}

const launchForm = formOf((routes) =>
  mountLaunch(routes, {
    secrets: { list: () => Promise.resolve([]) },
    visitors: {},
    origins: ['https://hub.example'],
    tickets: {
      issue: () => Promise.resolve({ ok: false, refusal: { code: 'secret_unknown', detail: '' } }),
    },
    audit: { append: () => Promise.resolve() },
    clock: () => 0,
    envEnabled: true,
  } as unknown as Parameters<typeof mountLaunch>[1]),
);

interface Fields {
  readonly picks: string[];
  readonly others: Map<string, string>;
}

const picks: Readonly<Record<string, Step<Fields>>> = {
  pick: ({ picks: list }, at) => list.push(`s${at}`),
  pickAgain: ({ picks: list }) => list.push('s'),
  variable: ({ picks: list, others }, at) => {
    list.push(`s${at}`);
    others.set(`as:s${at}`, 'variable').set(`to:s${at}`, `V${at}`);
  },
  renamed: ({ picks: list, others }, at) => {
    list.push(`s${at}`);
    others.set(`to:s${at}`, `f/${at}`);
  },
};

const cookies = createCookies({
  keys: [{ kid: parseKid('A'.repeat(43))!, key: createSecretKey(Buffer.alloc(32)) }],
  clock: () => 0,
});

function multipart(rest: string): Request {
  return requestOf({
    body: Buffer.from(rest),
    headers: { 'content-type': 'multipart/form-data; boundary=XX' },
  });
}

export const pageSubjects: readonly Subject[] = [
  text({
    covers: ['console/web/cookies.ts Cookie'],
    tokens: ['__Host-twofold=', ';', ' ', '=', 'a', '.', 'eyJ', '{"alg":"dir"'],
    starts: [
      ['__Host-twofold='],
      ['__Host-twofold=', Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')],
    ],
    most: MAX_HEADER,
    run: (cookie) => cookies.read(requestOf({ headers: { cookie } }), { name: 'twofold', lifeSeconds: 1 }),
  }),
  text({
    covers: ['console/web/forms.ts readForm'],
    tokens: [
      '--XX',
      '\r\n',
      '--',
      '\r',
      '\n',
      'a',
      'X',
      ';',
      '"',
      '=',
      ':',
      ' ',
      'Content-Disposition: form-data; name="a"',
      'filename="b"',
      "name*=utf-8''%41",
      'Content-Type: text/plain',
      '--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n',
    ],
    starts: [
      ['--XX', '\r\n'],
      ['--XX', '\r\n', 'Content-Disposition: form-data; name="a"', '\r\n\r\n'],
    ],
    run: (body) => readForm(multipart(`${body}\r\n--XX--\r\n`)),
  }),
  text({
    covers: ['console/web/forms.ts typedLines'],
    tokens: ['a', '=', '&', '%', '%41', '+', 'é', '\r\n', '\r'],
    run: (body) => {
      typedLines(body);
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return readForm(requestOf({ body: Buffer.from(body), headers }));
    },
  }),
  text({
    covers: ['envelope/import-plan.ts planImport'],
    tokens: ['A', '=', 'A=', '\n', '<', "'", '"', '&', ' ', '#', 'export '],
    run: (content) => {
      const plan = planImport(content, { versions: new Map() });
      return documentText(importForm({ content, plan, maxBytes: MAX_VALUE_BYTES, visitor }));
    },
  }),
  text({
    covers: ['envelope/import-plan.ts decodeImport'],
    tokens: ['A', '\0', 'ÿ', 'þ', '\n', '\r', 'ä'],
    starts: [
      ['ÿ', 'þ'],
      ['A', 'ä'],
    ],
    run: (content) => decodeImport(Buffer.from(content, 'latin1')),
  }),
  text({
    covers: ['console/web/list-query.ts parseListQuery'],
    tokens: ['-', 'name', '1', ' ', 'a', '\n'],
    most: MAX_HEADER,
    run: (given) => listPath(parseListQuery(() => given)),
  }),
  text({
    covers: ['console/web/html.ts html'],
    tokens: ['<', '>', '&', '"', "'", 'a', '\n', '&amp;'],
    run: (value) => documentText(html`<p title="${value}">${[value, html`<b>${value}</b>`]}</p>`),
  }),
  text({
    covers: ['console/web/launch-request.ts parseLaunch'],
    tokens: [
      'https://',
      'hub.example',
      'a',
      '.',
      '/',
      '?',
      '#',
      '@',
      ':',
      '%41',
      'xn--',
      'é',
      '[',
      '\t',
      ',',
    ],
    starts: [['https://'], ['https://', 'xn--'], ['https://', 'hub.example', '/']],
    most: MAX_HEADER,
    run: (value) => {
      parseLaunch({ return_to: value, namespace: value }, ['https://hub.example']);
      return parseLaunch(
        {
          return_to: 'https://hub.example',
          namespace: 'n',
          pod: value,
          service_account: value,
          containers: value,
        },
        ['https://hub.example'],
      );
    },
  }),
  steps({
    covers: ['console/web/launch-page.ts form'],
    tokens: Object.values(picks),
    draft: (): Fields => ({ picks: [], others: new Map() }),
    run: ({ picks: list, others }) => {
      const form: Form = {
        text: (name) => (name === 'path' ? '/secrets' : (others.get(name) ?? '')),
        texts: (name) => (name === 'pick' ? list : []),
        file: () => undefined,
      };
      const query = { return_to: 'https://hub.example', namespace: 'n' };
      const request = requestOf({ query, originalUrl: '/launch' });
      return launchForm.submit({ request, response: ignored, form, visitor });
    },
  }),
];
