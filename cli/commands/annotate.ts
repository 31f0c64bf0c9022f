/** `annotate`: adds a ticket and annotations to a manifest. Zone 0; docs/design.md#tickets. */
import type { MemberForm, MemberForms, Option } from '#envelope/annotation-row.ts';
import { annotationRows, type MemberValues, type OptionName } from '#envelope/annotation-values.ts';
import { annotations, DEFAULT_CONTAINER } from '#envelope/annotations.ts';
import type { Parsed } from '#envelope/parsed.ts';
import { parseFiles, parseVariables, quote, selectedNames } from '#envelope/selection.ts';
import type { Schemas } from '../api/client.ts';
import { command, type Context } from '../command.ts';
import { failure } from '../failure.ts';
import { parseManifest, type PodTemplate } from '../manifest.ts';
import { readFileLimited, readLimited } from '../value.ts';
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
  return content.toString('utf8');
}

type Choice = Pick<Schemas['TicketRequest'], 'secrets' | keyof MemberValues>;

/** How an annotation's text is sent. The console validates each; lists of secrets are already parsed here. */
const sent: { readonly [F in MemberForm]: (text: string) => Parsed<MemberForms[F]> } = {
  text: (text) => ({ ok: true, value: text }),
  texts: (text) => ({ ok: true, value: text.split(',') }),
  files: parseFiles,
  variables: parseVariables,
};

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

export const annotate = command({
  name: 'annotate',
  summary: 'Print a manifest with a ticket and the annotations that bring secrets into its pods.',
  detail:
    'Reads pods, and the pod templates of Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs; everything else\n' +
    'is printed unchanged, comments included. Each gets a ticket of its own, for the pods of its name. Annotations that are\n' +
    'there already stay unless an option says otherwise; the ticket is always a new one. The only container of a pod is named;\n' +
    'of several, name those that get the secrets.',
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
      const texts = { ...template.annotations, ...added };
      const containers = containersOf(template, texts);
      return {
        template,
        choice: choiceOf({ ...texts, ...containers }, template.title),
        namespace: namespaceOf(template, given.namespace),
        pod: given.pod ?? template.pods,
        adds: { ...added, ...containers },
      };
    });
    const limits = limitsOf(given);
    const api = await context.api();
    for (const { template, choice, namespace, pod, adds } of wanted) {
      const serviceAccount = given['service-account'] ?? template.serviceAccount;
      const body = { ...choice, namespace, serviceAccount, ...(pod === undefined ? {} : { pod }), ...limits };
      const issued = await issue(api, body);
      template.annotate({ ...adds, [annotations.ticket.key]: issued.ticket });
      context.note(`${template.title}: ${choice.secrets.join(', ')}. ${revocation(issued)}`);
    }
    return { json: manifest.toJson(), text: manifest.toYaml().trimEnd() };
  },
});
