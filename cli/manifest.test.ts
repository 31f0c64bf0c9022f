import { expect } from 'chai';
import { parseManifest } from './manifest.ts';

function pod(rest: string): string {
  return `apiVersion: v1\nkind: Pod\n${rest}spec:\n  containers: []\n`;
}

describe('a manifest', () => {
  it('keeps every scalar as it is written, and comments', () => {
    const text = [
      '# head',
      'apiVersion: apps/v1',
      'kind: Deployment',
      'metadata:',
      '  name: web # the name',
      'spec:',
      '  template:',
      '    spec:',
      '      containers:',
      '        - name: main',
      '          args: [ on, 0400, 1.10, "quoted", ~, 2001-01-01, 1e3 ]',
      '          command:',
      '            - sh',
      '            - |',
      '              echo   two',
      '              exit',
      '          image: example/app:1.0',
      '',
      '# tail',
      '',
    ].join('\n');
    expect(parseManifest(text).toYaml()).to.equal(text);
  });

  it('gets annotations where there were none, or an empty map, and quotes what YAML would misread', () => {
    for (const before of ['metadata: {name: a}\n', 'metadata:\n  name: a\n  annotations:\n', '']) {
      const manifest = parseManifest(pod(before));
      manifest.templates[0]?.annotate({ 'twofold.dev/secrets': '123', 'twofold.dev/file-mode': '0400' });
      const again = parseManifest(manifest.toYaml());
      expect(again.toJson()).to.have.nested.property('metadata.annotations').that.deep.equals({
        'twofold.dev/secrets': '123',
        'twofold.dev/file-mode': '0400',
      });
    }
  });

  it('tells what its pods will be called', () => {
    const named = (kind: string, metadata: string, path: string): string | undefined =>
      parseManifest(`kind: ${kind}\nmetadata: {${metadata}}\nspec: ${path}\n`).templates[0]?.pods;
    const template = '{template: {spec: {a: b}}}';
    expect(named('Pod', 'name: a', '{a: b}')).to.equal('a');
    expect(named('Pod', 'generateName: train-', '{a: b}')).to.equal('train-*');
    expect(named('StatefulSet', 'name: a', template)).to.equal('a-*');
    expect(named('CronJob', 'name: a', `{jobTemplate: {spec: ${template}}}`)).to.equal('a-*');
    expect(named('Job', 'generateName: a-', template)).to.equal('a-*');
  });

  it('tells the names of its regular containers', () => {
    const of = (spec: string) => parseManifest(`kind: Pod\nspec: ${spec}\n`).templates[0]?.containers;
    expect(of('{initContainers: [{name: i}], containers: [{name: a, image: x}, {name: b}]}')).to.deep.equal([
      'a',
      'b',
    ]);
    expect(of('{containers: [{image: x}, a, {name: [a]}]}')).to.deep.equal([]);
    expect(of('{containers: a}')).to.deep.equal([]);
  });

  it('is refused where it is not YAML, or has no pod, or one without a spec', () => {
    for (const text of [
      'a: [',
      'kind: Service\nspec: {}',
      'kind: Job\nspec: {}',
      '',
      'kind: Pod\nspec: []',
      'kind: Pod\nspec: {a: b}\nmetadata: {annotations: {x: a, x: b}}',
      'kind: Pod\nspec: {a: b}\nmetadata:\n  ? [name]\n  : a',
    ]) {
      expect(() => parseManifest(text), text)
        .to.throw()
        .with.property('code', 'manifest_malformed');
    }
  });
});
