/** What each service accepts at a time, against its container's memory: the table of docs/architecture.md. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { MAX_CONNECTIONS } from '#platform/https-server.ts';
import { portLimits } from '../console/http/port-limits.ts';
import { MAX_BODIES_BYTES } from '../keyservice/http.ts';
import { parseManifests } from '../manifests/kustomize.ts';
import { MAX_REVIEWS_BYTES } from '../webhook/http.ts';

const MIB = 1024 * 1024;
/** Memory of an open connection, measured. */
const CONNECTION_BYTES = 64 * 1024;

interface Port {
  readonly totalBytes: number;
  readonly maxConnections: number;
}

interface Service {
  readonly ports: Readonly<Record<string, Port>>;
  /** Memory of the idle process, with some room for garbage. */
  readonly idleBytes: number;
  /** Memory for a body being processed, relative to its length: bytes, text, objects, a response. */
  readonly times: number;
}

const services: Readonly<Record<string, Service>> = {
  console: { ports: portLimits, idleBytes: 150 * MIB, times: 4 },
  // A review is parsed whole, and its objects take many times its length in the worst case.
  webhook: {
    ports: { mutate: { totalBytes: MAX_REVIEWS_BYTES, maxConnections: MAX_CONNECTIONS } },
    idleBytes: 80 * MIB,
    times: 12,
  },
  keyservice: {
    ports: { api: { totalBytes: MAX_BODIES_BYTES, maxConnections: MAX_CONNECTIONS } },
    idleBytes: 120 * MIB,
    times: 4,
  },
};

interface Workload {
  readonly kind: string;
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { resources: { limits: { memory: string } } }[] };
    };
  };
}

function memoryOf(service: string): number {
  const file = new URL(`../manifests/base/${service}.yaml`, import.meta.url);
  const objects = parseManifests(readFileSync(file, 'utf8')) as unknown as Workload[]; // read where it is a Deployment
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const [, mib] =
    /^(\d+)Mi$/.exec(deployment?.spec.template.spec.containers[0]?.resources.limits.memory ?? '') ?? [];
  return Number(mib) * MIB;
}

const page = readFileSync(new URL('../docs/architecture.md', import.meta.url), 'utf8');

describe('what a service accepts at a time', () => {
  for (const [service, { ports, idleBytes, times }] of Object.entries(services)) {
    it(`fits into the memory of its container, all connections open and all bodies in progress (${service})`, () => {
      const all = Object.values(ports);
      const bodies = all.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
      const connections = all.reduce((sum, { maxConnections }) => sum + maxConnections, 0);
      expect(idleBytes + times * bodies + connections * CONNECTION_BYTES).to.be.at.most(memoryOf(service));
    });

    it(`is what docs/architecture.md states (${service})`, () => {
      for (const [port, { totalBytes, maxConnections }] of Object.entries(ports)) {
        const row = `| ${service} \`${port}\` | ${totalBytes / MIB} MiB | ${maxConnections.toLocaleString('en')} |`;
        expect(page).to.contain(row);
      }
    });
  }
});
