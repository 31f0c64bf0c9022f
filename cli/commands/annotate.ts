/** `annotate`: a manifest with ticket and annotations. Zone 0; design §6 step 1. */
import { annotations } from '#envelope/annotations.ts';
import { parseFiles, parseVariables, selectedNames, type Selected } from '#envelope/selection.ts';
import type { Schemas } from '../api/client.ts';
import { command, type Context } from '../command.ts';
import { failure } from '../failure.ts';
import { parseManifest, type PodTemplate } from '../manifest.ts';
import { readFileLimited, readLimited } from '../value.ts';
import { issue, limitsOf, revocation, ticketOptions } from './tickets.ts';

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

const options = {
  secrets: { value: 'LIST', short: 's', doc: 'Secrets as files: db-password,aws-key=aws/credentials' },
  env: { value: 'LIST', short: 'e', doc: 'Secrets as environment variables: PGPASSWORD=db-password' },
  'mount-path': { value: 'PATH', doc: 'Folder of the files; /secrets where nothing is said.' },
  containers: { value: 'LIST', doc: 'Containers that get them, or * for every regular one.' },
  'file-mode': { value: 'MODE', doc: 'Octal, read bits only: 0440' },
  ...ticketOptions,
} as const;

/** Options that become annotations as they are; the console knows what each may be. */
const asGiven = {
  secrets: annotations.secrets,
  env: annotations.env,
  'mount-path': annotations.mountPath,
  containers: annotations.containers,
  'file-mode': annotations.fileMode,
} as const;

async function readManifest({ stdin }: Context, file: string | undefined): Promise<string> {
  const content =
    file === undefined || file === '-'
      ? await readLimited(stdin, MAX_MANIFEST_BYTES)
      : await readFileLimited(file, MAX_MANIFEST_BYTES);
  if (content.length > MAX_MANIFEST_BYTES)
    throw failure('manifest_malformed', 'The manifest has more than 4 MiB.');
  return content.toString('utf8');
}

function demandSelected<T>(selected: Selected<T>, what: string): readonly T[] {
  if (!selected.ok) throw failure('usage', `${what}: ${selected.problem}.`);
  return selected.items;
}

type Choice = Pick<
  Schemas['TicketRequest'],
  'secrets' | 'files' | 'env' | 'mountPath' | 'containers' | 'fileMode'
>;

/** What the annotations choose, in the words of the console, which says what is wrong before there is a pod. */
function choiceOf(texts: Readonly<Record<string, string>>, title: string): Choice {
  const { [annotations.secrets]: files, [annotations.env]: variables } = texts;
  const { [annotations.mountPath]: mountPath, [annotations.fileMode]: fileMode } = texts;
  const containers = texts[annotations.containers]?.split(',');
  const selection = {
    files: files === undefined ? [] : demandSelected(parseFiles(files), `${title}, ${annotations.secrets}`),
    env:
      variables === undefined
        ? []
        : demandSelected(parseVariables(variables), `${title}, ${annotations.env}`),
  };
  const secrets = [...selectedNames(selection.files, selection.env)];
  if (secrets.length === 0) {
    const next = `Name some with --secrets, or annotate it with ${annotations.secrets}.`;
    throw failure('usage', `Nothing says which secrets ${title} gets.`, next);
  }
  return {
    secrets,
    files: [...selection.files],
    env: [...selection.env],
    ...(mountPath === undefined ? {} : { mountPath }),
    ...(containers === undefined ? {} : { containers }),
    ...(fileMode === undefined ? {} : { fileMode }),
  };
}

function namespaceOf({ namespace, title }: PodTemplate, option: string | undefined): string {
  if (namespace !== undefined && option !== undefined && namespace !== option) {
    throw failure(
      'usage',
      `${title} is in namespace ${namespace}, not in ${option}.`,
      'Leave --namespace out, or correct one.',
    );
  }
  const found = namespace ?? option;
  if (found === undefined) {
    throw failure(
      'usage',
      `${title} names no namespace, and a ticket is for one.`,
      'Say which with --namespace NS.',
    );
  }
  return found;
}

export const annotate = command({
  name: 'annotate',
  summary: 'Print a manifest with a ticket and the annotations that bring secrets into its pods.',
  detail:
    'Reads pods, and the pod templates of Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs; all else\n' +
    'is printed as it came, comments too. Each gets a ticket of its own, for the pods of its name. Annotations that are\n' +
    'there already stay unless an option says otherwise; the ticket is always a new one.',
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
      Object.entries(asGiven).flatMap(([option, key]) => {
        // The keys of `asGiven` are options that take text.
        const text = given[option as keyof typeof asGiven];
        return text === undefined ? [] : [[key, text] as const];
      }),
    );
    // Looked at whole before the first ticket is issued.
    const wanted = manifest.templates.map((template) => ({
      template,
      choice: choiceOf({ ...template.annotations, ...added }, template.title),
      namespace: namespaceOf(template, given.namespace),
      pod: given.pod ?? template.pods,
    }));
    const limits = limitsOf(given);
    const api = await context.api();
    for (const { template, choice, namespace, pod } of wanted) {
      const serviceAccount = given['service-account'] ?? template.serviceAccount;
      const body = { ...choice, namespace, serviceAccount, ...(pod === undefined ? {} : { pod }), ...limits };
      const issued = await issue(api, body);
      template.annotate({ ...added, [annotations.ticket]: issued.ticket });
      context.note(`${template.title}: ${choice.secrets.join(', ')}. ${revocation(issued)}`);
    }
    return { json: manifest.toJson(), text: manifest.toYaml().trimEnd() };
  },
});
