/** `annotate`: adds a ticket and annotations to a manifest. Zone 0; docs/design.md#tickets. */
import type { MemberForm, MemberForms, Option } from '#envelope/annotation-row.ts';
import { annotationRows, type MemberValues, type OptionName } from '#envelope/annotation-values.ts';
import { annotations, DEFAULT_CONTAINER } from '#envelope/annotations.ts';
import type { Parsed } from '#envelope/parsed.ts';
import { isNamespace, isSubdomain } from '#envelope/pod.ts';
import { parseFiles, parseVariables, quote, selectedNames } from '#envelope/selection.ts';
import type { Schemas } from '../api/client.ts';
import { command, type Context } from '../command.ts';
import { failure } from '../failure.ts';
import { parseManifest, type PodTemplate } from '../manifest.ts';
import { time } from '../output.ts';
import { readFileLimited, readLimited } from '../value.ts';
import { knownKinds } from '../workloads.ts';
import { issue, limitsOf, revocation, ticketOptions } from './tickets.ts';

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

const annotationOptions = Object.fromEntries(
  annotationRows.flatMap(({ option }) => (option === undefined ? [] : [[option.name, option] as const])),
) as Readonly<Record<OptionName, Option>>; // each under its name

const options = { ...annotationOptions, ...ticketOptions };

async function readManifest({ stdin }: Context, file: string | undefined): Promise<string> {
  const content =
    file === undefined || file === '-'
      ? await readLimited(stdin, MAX_MANIFEST_BYTES)
      : await readFileLimited(file, MAX_MANIFEST_BYTES);
  if (content.length > MAX_MANIFEST_BYTES)
    throw failure('manifest_malformed', 'The manifest has more than 4 MiB.');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    const utf16 = /^(?:fffe|feff)/.test(content.subarray(0, 2).toString('hex'));
    throw failure(
      'manifest_malformed',
      `The manifest is ${utf16 ? 'UTF-16' : 'not UTF-8'}.`,
      'Save it as UTF-8.',
    );
  }
}

type Choice = Pick<Schemas['TicketRequest'], 'secrets' | keyof MemberValues>;

/** How an annotation's text is sent. The console validates each; lists of secrets are already parsed here. */
const sent: { readonly [F in MemberForm]: (text: string) => Parsed<MemberForms[F]> } = {
  text: (text) => ({ ok: true, value: text }),
  texts: (text) => ({ ok: true, value: text.split(',') }),
  files: parseFiles,
  variables: parseVariables,
};

/** Annotations that the manifest has already. What is wrong with one is not shown: it may be anything. */
function demandAnnotations({ annotations: texts, title }: PodTemplate): void {
  for (const row of annotationRows) {
    const { key, doc } = row;
    const text = texts[key];
    if (text !== undefined && !row.parse(text).ok) {
      const next = `It holds ${doc}.`;
      throw failure('manifest_malformed', `${title} has an annotation ${key} that cannot be read.`, next);
    }
  }
}

/** What the annotations choose, as the console's API has it: the console reports mistakes before there is a pod. */
function choiceOf(texts: Readonly<Record<string, string>>, title: string): Choice {
  const members = annotationRows.flatMap(({ key, member }) => {
    const text = texts[key];
    if (member === undefined || text === undefined) return [];
    const read = sent[member.form](text);
    if (!read.ok) throw failure('usage', `${title}, ${key}: ${read.problem}.`);
    return [[member.name, read.value] as const];
  });
  const values = Object.fromEntries(members) as MemberValues; // each in the form of its member
  const secrets = [...selectedNames(values.files ?? [], values.env ?? [])];
  if (secrets.length === 0) {
    const next = `Name some with --${annotations.files.option.name}, or annotate it with ${annotations.files.key}.`;
    throw failure('usage', `No secrets are named for ${title}.`, next);
  }
  return { ...(values as Omit<Choice, 'secrets'>), secrets }; // the document has the same members
}

/** The only container is named, so that a sidecar that is injected later cannot make the pod ambiguous. */
function containersOf(
  { containers, title }: PodTemplate,
  texts: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { key, option } = annotations.containers;
  const [only, ...others] = containers;
  if (only === undefined || key in texts || DEFAULT_CONTAINER in texts) return {};
  if (others.length === 0) return { [key]: only };
  const names = containers.map(quote).join(', ');
  const next = `Name those that get the secrets with --${option.name}, or all of them: --${option.name} "*".`;
  throw failure('usage', `${title} has several containers: ${names}.`, next);
}

function namespaceOf({ namespace, title }: PodTemplate, option: string | undefined): string {
  if (namespace !== undefined && !isNamespace(namespace)) {
    throw failure('manifest_malformed', `${title} has a namespace that is not a name.`);
  }
  if (namespace !== undefined && option !== undefined && namespace !== option) {
    throw failure(
      'usage',
      `${title} is in namespace ${namespace}, not in ${option}.`,
      'Leave --namespace out, or correct one of the two.',
    );
  }
  const found = namespace ?? option;
  if (found === undefined) {
    throw failure(
      'usage',
      `${title} names no namespace, and a ticket needs one.`,
      'Name one with --namespace NS.',
    );
  }
  return found;
}

function serviceAccountOf({ serviceAccounts, title }: PodTemplate, option: string | undefined): string {
  const [only, ...others] = option === undefined ? serviceAccounts : [option];
  if (only === undefined || others.length > 0) {
    const next = 'Name one with --service-account NAME; for the others, see twofold ticket.';
    throw failure('usage', `${title} runs under several service accounts, and a ticket is for one.`, next);
  }
  if (option === undefined && !isSubdomain(only)) {
    throw failure('manifest_malformed', `${title} has a service account that is not a name.`);
  }
  return only;
}

/** How long the ticket counts, and what that means to a workload that creates pods later. */
function lifeOf({ title, lasting }: PodTemplate, { expiresAt }: Schemas['IssuedTicket']): string | undefined {
  return lasting
    ? `${title} creates pods for as long as it exists; those created after ${time(expiresAt)} are refused. ` +
        'Annotate and apply it again before then, or give a longer --ttl.'
    : undefined;
}

export const annotate = command({
  name: 'annotate',
  summary: 'Print a manifest with a ticket and the annotations that bring secrets into its pods.',
  detail:
    'Reads YAML or JSON, of one object or several, and changes nothing in it but these annotations. Each template of pods\n' +
    'gets a ticket of its own, for the pods of its name where that can be told. Annotations that are there already stay\n' +
    'unless an option says otherwise; the ticket is always a new one. The only container of a pod is named; of several,\n' +
    `name those that get the secrets. Known are ${knownKinds};\n` +
    'for anything else, see twofold ticket. Templates of Helm are rendered first.',
  positionals: [
    { name: 'FILE', doc: 'the manifest; standard input where it is absent or -', optional: true },
  ],
  options,
  examples: [
    {
      line: 'twofold annotate pod.yaml --secrets db-password | kubectl apply -f -',
      doc: 'A file below /secrets',
    },
    {
      line: 'helm template . | twofold annotate -n alice -s db-password | kubectl apply -f -',
      doc: 'From a chart',
    },
  ],
  run: async (context, { positionals: [file], options: given }) => {
    const manifest = parseManifest(await readManifest(context, file));
    const added = Object.fromEntries(
      annotationRows.flatMap(({ key, option }) => {
        const text = option === undefined ? undefined : given[option.name as OptionName];
        return text === undefined ? [] : [[key, text] as const];
      }),
    );
    // The whole manifest is checked before the first ticket is issued.
    const wanted = manifest.templates.map((template) => {
      demandAnnotations(template);
      const texts = { ...template.annotations, ...added };
      const containers = containersOf(template, texts);
      return {
        template,
        choice: choiceOf({ ...texts, ...containers }, template.title),
        namespace: namespaceOf(template, given.namespace),
        serviceAccount: serviceAccountOf(template, given['service-account']),
        pod: given.pod ?? template.pods,
        adds: { ...added, ...containers },
      };
    });
    manifest.annotated(wanted.map(({ adds }, at) => ({ ...adds, [annotations.ticket.key]: String(at) })));
    const limits = limitsOf(given);
    const api = await context.api();
    const additions: Record<string, string>[] = [];
    for (const { template, choice, namespace, serviceAccount, pod, adds } of wanted) {
      const body = { ...choice, namespace, serviceAccount, ...(pod === undefined ? {} : { pod }), ...limits };
      const issued = await issue(api, body);
      additions.push({ ...adds, [annotations.ticket.key]: issued.ticket });
      context.note(`${template.title}: ${choice.secrets.join(', ')}. ${revocation(issued)}`);
      const life = lifeOf(template, issued);
      if (life !== undefined) context.note(life);
    }
    for (const other of manifest.others) {
      context.note(
        `${other} is printed unchanged: where it has its pods' annotations is not known. See twofold ticket.`,
      );
    }
    const annotated = manifest.annotated(additions);
    return { json: annotated.toJson(), text: annotated.text, end: '' };
  },
});
