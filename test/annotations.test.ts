/** One row of the table of annotations from end to end: no zone may skip one. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { annotationRows, launchFields, type AnnotationValues } from '#envelope/annotation-values.ts';
import { annotations } from '#envelope/annotations.ts';
import { parseNames } from '#envelope/ticket.ts';
import { interpret } from '#platform/command-line.ts';
import type { Context } from '../cli/command.ts';
import { program } from '../cli/commands.ts';
import { sessionAnnotations } from '../console/core/session-annotations.ts';
import { openApiDocument } from '../console/public/openapi.ts';
import { ticketRequest } from '../console/public/ticket-schemas.ts';
import { documentText } from '../console/web/html.ts';
import { launchForm, nothingPicked, type LaunchForm } from '../console/web/launch-form.ts';
import { parseConfig } from '../injector-image/config.ts';
import { additionsOf } from '../webhook/additions.ts';
import { planSession, type Plan } from '../webhook/plan.ts';
import { parsePod } from '../webhook/pod.ts';
import { goldenConfig } from './reviews.ts';

type Name = keyof typeof annotations;

/** A text for each, in its canonical form, and different from the default. */
const examples: Readonly<Record<Name, string>> = {
  files: 'db-password,aws-key=aws/credentials',
  ticket: 'a.b.c',
  variables: 'PGPASSWORD=db-password',
  mountPath: '/home/ada/secrets',
  containers: 'side',
  fileMode: '0440',
};

const selecting = { [annotations.files.key]: 'db-password', [annotations.ticket.key]: 'x.y.z' };

function planOf(texts: Readonly<Record<string, string>>): Plan {
  const pod = parsePod({
    metadata: { name: 'pod', annotations: { ...selecting, [annotations.containers.key]: 'main', ...texts } },
    spec: { containers: [{ name: 'main' }, { name: 'side' }] },
  });
  const circumstances = { namespace: 'n', username: 'u', boundPodUid: undefined };
  const planned = planSession(pod, circumstances, { ...goldenConfig, envEnabled: true });
  if (!planned.ok) throw new Error(JSON.stringify(planned.refusals));
  return planned.plan;
}

/** The environment of the init container that the webhook adds for this plan. */
function environmentOf(plan: Plan): Readonly<Record<string, string>> {
  const zeros = '0'.repeat(64);
  const resources = { requests: {}, limits: {} };
  const session = { sid: '0'.repeat(32), grantSha256: zeros, caSha256: zeros, sizes: new Map(), resources };
  const { initContainer } = additionsOf(plan, session, goldenConfig);
  const env = initContainer['env'] as readonly { name: string; value: string }[]; // as the webhook writes it
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

/** What `twofold annotate` requests from the console, and the manifest that it prints. */
async function annotated(...args: readonly string[]): Promise<{ body: object; texts: object }> {
  const manifest = `kind: Pod\nmetadata: {name: p, namespace: n, annotations: {"${annotations.files.key}": db-password}}\nspec: {a: b}\n`;
  const bodies: object[] = [];
  const issued = { ticket: 'a.b.c', jti: 'j', expiresAt: '2030-01-01T00:00:00Z', annotations: {} };
  const api = {
    POST: (_path: string, { body }: { body: object }) => {
      bodies.push(body);
      return Promise.resolve({ data: issued, response: new Response() });
    },
  };
  // The part of the context that the command uses.
  const context = {
    stdin: Readable.from([Buffer.from(manifest)]),
    api: () => Promise.resolve(api),
    note: () => undefined,
  } as unknown as Context;
  const asked = interpret(program, ['annotate', ...args]);
  if ('help' in asked) throw new Error(asked.help);
  const { json } = await asked.command.run(context, asked.input);
  const { metadata } = json as { metadata: { annotations: object } }; // the manifest above
  return { body: bodies[0]!, texts: metadata.annotations };
}

/** The page on which a person chooses, with this text in one field. */
function launchPage(field: string, value: string): string {
  // The part that the form uses.
  const form = {
    launch: { namespace: 'n', serviceAccount: 's', returnTo: new URL('https://hub.test') },
    secrets: [{ name: 'db-password', envSafe: true, size: 1 }],
    picks: { ...nothingPicked, fields: new Map([...nothingPicked.fields, [field, value]]) },
    visitor: { csrf: '' },
  } as unknown as LaunchForm;
  return documentText(launchForm(form));
}

/** The annotations that the console returns for this request body. */
function answered(body: object): Readonly<Record<string, string>> {
  const request = ticketRequest.parse(body);
  const outcome = sessionAnnotations({ ...request, secrets: parseNames(request.secrets)! });
  if (!outcome.ok) throw new Error(outcome.refusal.detail);
  return outcome.value;
}

describe('the table of annotations', () => {
  for (const [name, example] of Object.entries(examples) as [Name, string][]) {
    const row = annotationRows.find(({ key }) => key === annotations[name].key)!;
    const { key, fallback, member, option, variable } = row;
    const parsed = row.parse(example);

    describe(key, () => {
      it('differs from its default, and is written back as it was', () => {
        if (!parsed.ok) throw new Error(parsed.problem);
        expect(parsed.value).to.not.deep.equal(fallback);
        expect(row.encode(parsed.value)).to.equal(example);
      });

      it('is planned by the webhook', () => {
        const value: AnnotationValues[Name] = planOf({ [key]: example })[name];
        expect(value).to.deep.equal(parsed.ok && parsed.value);
      });

      if (variable !== undefined) {
        it(`is passed to the init container as ${variable}`, () => {
          const env = environmentOf(planOf({ [key]: example }));
          expect(env[variable]).to.equal(example);
          expect(parseConfig(env))
            .to.have.property(name)
            .that.deep.equals(parsed.ok && parsed.value);
        });
      }

      if (member !== undefined) {
        it(`is the API's member ${member.name}`, () => {
          const document = openApiDocument('https://console.test');
          expect(document)
            .to.have.nested.property(`components.schemas.TicketRequest.properties.${member.name}`)
            .with.property('description', member.doc);
        });
      }

      const { field } = launchFields.find((each) => each.member === member?.name) ?? {};
      if (field !== undefined) {
        it(`is chosen in the field ${field} of /launch`, () => {
          expect(launchPage(field, example)).to.match(
            new RegExp(`<input[^>]* name="${field}"[^>]* value="${example}"`),
          );
        });
      }

      if (member !== undefined && option !== undefined) {
        it(`is the option --${option.name}, whose member the console answers with the annotation`, async () => {
          const { body, texts } = await annotated(`--${option.name}`, example);
          expect(texts).to.have.property(key, example);
          expect(answered(body)).to.have.property(key, example);
        });
      }
    });
  }

  it('allows nothing longer than a variable of the init container can be, on a pod or in a request', () => {
    const files = Array.from({ length: 500 }, (_, at) => ({ name: 'a', path: `${'x'.repeat(200)}${at}` }));
    const text = files.map(({ name, path }) => `${name}=${path}`).join(',');
    expect(() => planOf({ [annotations.files.key]: text }))
      .to.throw('selection_too_long')
      .with.property('message')
      .that.contains('it takes more than 98304 bytes');
    const body = { namespace: 'n', secrets: ['a'], files };
    expect(() => answered(body)).to.throw('"files": it takes more than 98304 bytes');
  });

  it('has an example here for each row', () => {
    expect(Object.keys(examples)).to.have.members(Object.keys(annotations));
  });

  it('has the variables that the guard requires of the init container, in order', () => {
    const guard = readFileSync(new URL('../manifests/base/guard/shape.yaml', import.meta.url), 'utf8');
    const [, list = ''] = /initEnv\.map\(e, e\.name\) == \[([^\]]*)\]/.exec(guard) ?? [];
    const demanded = Array.from(list.matchAll(/'(\w+)'/g), ([, name]) => name);
    expect(Object.keys(environmentOf(planOf({})))).to.deep.equal(demanded);
  });
});
