import { expect } from 'chai';
import { exposures } from './exposures.ts';
import { parsePod } from './pod.ts';

function warned(spec: object, container: object = {}): string[] {
  const containers = [{ name: 'main' }, { name: 'side', ...container }];
  const all = exposures(parsePod({ metadata: {}, spec: { containers, ...spec } }));
  expect(all.filter((text) => text.length > 256)).to.deep.equal([]);
  return all.map((text) => /^\w+(?=: )/.exec(text)?.[0] ?? text);
}

describe('what undoes the choice of containers', () => {
  it('is a shared process namespace, the pod’s or the node’s', () => {
    expect(warned({ shareProcessNamespace: true })).to.deep.equal(['shareProcessNamespace']);
    expect(warned({ hostPID: true })).to.deep.equal(['hostPID']);
    expect(warned({ shareProcessNamespace: false, hostPID: false })).to.deep.equal([]);
  });

  it('is a privileged container that runs alongside, which is named', () => {
    expect(warned({}, { securityContext: { privileged: true } })).to.deep.equal(['privileged']);
    const setup = { name: 'setup', securityContext: { privileged: true } };
    expect(warned({ initContainers: [setup] }), 'it ends before the session').to.deep.equal([]);
    const initContainers = [{ ...setup, restartPolicy: 'Always' }];
    const [text] = exposures(
      parsePod({ metadata: {}, spec: { containers: [{ name: 'main' }], initContainers } }),
    );
    expect(text).to.contain('"setup"');
  });

  it('is a folder of the node that leads to volumes, processes or the container runtime', () => {
    const mounting = (path: string) => warned({ volumes: [{ name: 'node', hostPath: { path } }] });
    for (const path of [
      '/',
      '//',
      '/var',
      '/var/lib',
      '/var/lib/kubelet',
      '/var/lib/kubelet/pods/',
      '/proc/1',
    ])
      expect(mounting(path), path).to.deep.equal(['hostPath']);
    for (const path of ['/run/containerd/containerd.sock', '/var/run', '/run'])
      expect(mounting(path), path).to.deep.equal(['hostPath']);
    for (const path of ['/data', '/var/log', '/var/lib/kubelet-data', '/process', '/home'])
      expect(mounting(path), path).to.deep.equal([]);
  });

  it('is not the node’s IPC, nor SYS_PTRACE by itself', () => {
    expect(
      warned({ hostIPC: true }, { securityContext: { capabilities: { add: ['SYS_PTRACE'] } } }),
    ).to.deep.equal([]);
  });
});
