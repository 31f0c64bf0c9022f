/**
 * Whether console and webhook reach DNS through their network policies, tried from their own pods; and if they do not,
 * what dns.yaml lacks. Pods' name servers are Services mostly, and policies see the port where their pods listen.
 * No zone; docs/design.md#network-policies.
 */
import { isIP, isIPv6 } from 'node:net';
import type { V1EndpointSlice, V1NetworkPolicy, V1Pod, V1Service } from '@kubernetes/client-node';
import { createReachability, type Door, type Place } from '../../manifests/reachability.ts';
import { askUntil } from '../dev/ask-until.ts';
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import { enabledNamespaces, shortened } from './namespaces.ts';
import { NODE_PROGRAM } from './node-variables.ts';
import type { Rendering } from './rendering.ts';

const CALLERS = ['console', 'webhook'] as const;
type Caller = (typeof CALLERS)[number];
/** Policies take effect with a delay. */
const SETTLES = { withinMs: 6000, everyMs: 1000 };

/** Runs in the pod. Any answer will do, also that there is no such name. */
const PROBE = `
const search = /^search .*?\\bsvc\\.(\\S+)/m.exec(require('fs').readFileSync('/etc/resolv.conf', 'utf8'));
const resolver = new (require('dns').promises.Resolver)({ timeout: 1500, tries: 2 });
resolver.resolve4('kubernetes.default.svc.' + (search ? search[1] : 'cluster.local'))
  .then(() => '', ({ code }) => code)
  .then((code) => console.log(JSON.stringify({ servers: resolver.getServers(), code })));
`;
const UNANSWERED = ['ETIMEOUT', 'ECONNREFUSED', 'ECANCELLED'];

interface Probed {
  readonly servers: readonly string[];
  readonly code: string;
}

/** What a caller's pod sees; the reason, as text, where nothing can be run in it. */
async function probe(kubectl: Kubectl, caller: Caller): Promise<Probed | string> {
  const where = ['-n', `twofold-${caller}`, `deployment/${caller}`, '-c', caller];
  const { code, stdout, stderr } = await kubectl.attempt(['exec', ...where, '--', NODE_PROGRAM, '-e', PROBE]);
  return code === 0 ? (JSON.parse(stdout) as Probed) : stderr;
}

function isClosed(probed: Probed | string): boolean {
  return typeof probed !== 'string' && UNANSWERED.includes(probed.code);
}

/** Where packets for a pod's name server end. */
interface NameServer {
  readonly address: string;
  /** `namespace/name`, where the address is a Service's: of a cache on the node, it is not. */
  readonly service?: string | undefined;
  /** What selects the Service's pods. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
  /** What policies see: one of the Service's pods, or the address itself. */
  readonly end: Place;
  readonly doors: readonly Door[];
}

const DNS_DOORS: readonly Door[] = [
  { port: 53, protocol: 'TCP' },
  { port: 53, protocol: 'UDP' },
];

async function locate(kubectl: Kubectl, address: string): Promise<NameServer> {
  const services = await kubectl.list<V1Service>(['services', '-A']);
  const service = services.find(({ spec }) => spec?.clusterIPs?.includes(address));
  const name = service?.metadata?.name;
  const namespace = service?.metadata?.namespace;
  if (name === undefined || namespace === undefined)
    return { address, end: { name: address, address }, doors: DNS_DOORS };
  const ofService = `kubernetes.io/service-name=${name}`;
  const all = await kubectl.list<V1EndpointSlice>(['endpointslices', '-n', namespace, '-l', ofService]);
  // A dual-stack Service has others for its pods' other addresses.
  const slices = all.filter(({ addressType }) => addressType === `IPv${isIP(address)}`);
  const [endpoint] = slices.flatMap(({ endpoints }) => endpoints ?? []);
  const [ip = address] = endpoint?.addresses ?? [];
  const pod = await kubectl.find<V1Pod>(['pod', endpoint?.targetRef?.name ?? 'none', '-n', namespace]);
  const asked = service?.spec?.ports?.filter(({ port }) => port === 53).map((port) => port.name ?? '');
  const doors = slices
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ name: port = '' }) => asked?.includes(port))
    .map(({ port = 53, protocol }): Door => ({ port, protocol: protocol === 'TCP' ? 'TCP' : 'UDP' }));
  // To policies, a pod on the node's own network is an address.
  const labels = pod?.spec?.hostNetwork === true ? undefined : pod?.metadata?.labels;
  const end = { name: ip, address: ip, ...(labels && { pod: { namespace, labels } }) };
  return { address, service: `${namespace}/${name}`, selector: service?.spec?.selector, end, doors };
}

function ipBlock(address: string): string {
  return `{ ipBlock: { cidr: ${address}/${isIPv6(address) ? 128 : 32} } }`;
}

/** What is closed, and what to write where. */
function closedDns(caller: Caller, server: NameServer, objects: Rendering['objects']): DeployError {
  const { address, service, selector = {}, end, doors } = server;
  const from: Place = {
    name: caller,
    pod: { namespace: `twofold-${caller}`, labels: { 'app.kubernetes.io/name': caller } },
  };
  const reaches = createReachability(objects);
  const ports = doors
    .map(({ port, protocol }) => `${protocol} ${port}`)
    .sort()
    .join(' and ');
  const what = `DNS does not answer the ${caller}’s pods at ${address}`;
  const policy = `${caller}-to-dns`;
  if (doors.every((door) => reaches(from, end, door)))
    return new DeployError(
      `${what}, though ${policy} allows it`,
      `does DNS run? If it does, this network judges the address before it becomes a pod’s, as with a cache on each node: add ${ipBlock(address)} to dns.yaml, and deploy again`,
    );
  const said =
    service === undefined
      ? `${what}, which is no Service, but perhaps a cache on each node, and ${policy} does not allow it`
      : `${what}: the pods of the Service ${service} listen on ${ports}, and ${policy} does not allow them`;
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return new DeployError(
    said,
    end.pod === undefined
      ? `add ${ipBlock(end.address ?? address)} with ${ports} to dns.yaml, and deploy again`
      : `write these ports and pods into dns.yaml (namespace ${end.pod.namespace}, labels ${labels.join(', ')}), and deploy again`,
  );
}

/** Rejects with a DeployError where DNS is closed. */
export async function assertDns(
  kubectl: Kubectl,
  { objects }: Rendering,
  say: (line: string) => void,
  settles = SETTLES,
): Promise<void> {
  for (const caller of CALLERS) {
    const probed = await askUntil(
      () => probe(kubectl, caller),
      (answer) => !isClosed(answer),
      settles,
    );
    if (typeof probed === 'string') {
      say(`self-test: whether the ${caller} reaches DNS could not be tried: ${probed}`);
      continue;
    }
    if (!isClosed(probed)) {
      say(`self-test: the ${caller} reaches DNS at ${probed.servers.join(', ')}`);
      continue;
    }
    throw closedDns(caller, await locate(kubectl, probed.servers[0] ?? ''), objects);
  }
}

const OPENS_CLAIM = 'twofold-session-to-claim';

/**
 * Policies of others in session namespaces that close what they do not list, for the pods that they select: sessions among
 * them need components/session-claim, from the overlay or from whoever makes such namespaces.
 */
function isolatingPolicies(policies: readonly V1NetworkPolicy[], objects: Rendering['objects']): string[] {
  const ours = ({ metadata: of }: V1NetworkPolicy): boolean =>
    objects.some(
      ({ kind, metadata }) =>
        kind === 'NetworkPolicy' && metadata?.name === of?.name && metadata?.namespace === of?.namespace,
    );
  const opened = new Set(
    policies.flatMap(({ metadata }) => (metadata?.name === OPENS_CLAIM ? metadata.namespace : [])),
  );
  return policies
    .filter(
      (policy) =>
        policy.spec?.policyTypes?.includes('Egress') === true &&
        !ours(policy) &&
        !opened.has(policy.metadata?.namespace),
    )
    .map(({ metadata }) => `${metadata?.name ?? ''} in ${metadata?.namespace ?? ''}`);
}

export async function noteIsolation(
  kubectl: Kubectl,
  { objects, sessionNamespaces }: Rendering,
  say: (line: string) => void,
): Promise<void> {
  // `*` is for development: most of these have no session.
  const enabled = await enabledNamespaces(
    kubectl,
    sessionNamespaces.filter((entry) => entry !== '*'),
  );
  const all = await kubectl.list<V1NetworkPolicy>(['networkpolicies', '-A']);
  const there = all.filter(({ metadata }) => enabled.includes(metadata?.namespace ?? ''));
  const isolating = isolatingPolicies(there, objects);
  if (isolating.length > 0)
    say(
      `NOTE: network policies that are not this overlay’s close what they do not list: ${shortened(isolating)}. Sessions among the pods that they select may be unable to claim: add components/session-claim to that namespace (manifests/README.md)`,
    );
}
