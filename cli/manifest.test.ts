import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { Failure } from './failure.ts';
import { parseManifest } from './manifest.ts';

function written(file: string): string {
  return readFileSync(new URL(`../test/manifests/${file}`, import.meta.url), 'utf8');
}

function refusalOf(text: string): Failure {
  try {
    const manifest = parseManifest(text);
    manifest.annotated(manifest.templates.map(() => ({ 'twofold.dev/ticket': 'eyJ' })));
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it is not refused');
}

/** Whose pods, their name, account and containers. */
function templatesOf(text: string): readonly string[] {
  return parseManifest(text).templates.map(({ title, pods = 'any', serviceAccounts, containers, lasting }) =>
    [title, pods, serviceAccounts.join('|'), containers.join('|'), ...(lasting ? ['lasting'] : [])].join(' '),
  );
}

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
    expect(parseManifest(text).annotated([{}]).text).to.equal(text);
  });

  it('gets annotations where there were none, or an empty map, and quotes what YAML would misread', () => {
    for (const before of ['metadata: {name: a}\n', 'metadata:\n  name: a\n  annotations:\n', '']) {
      const manifest = parseManifest(pod(before));
      const { toJson } = manifest.annotated([
        { 'twofold.dev/secrets': '123', 'twofold.dev/file-mode': '0400' },
      ]);
      expect(toJson()).to.have.nested.property('metadata.annotations').that.deep.equals({
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

  it('has the pods of each workload kind where its controller takes them from', () => {
    const table: Readonly<Record<string, readonly string[]>> = {
      'kubectl-get.yaml': ['Deployment/web web-* web web lasting'],
      'kubectl-get.json': [
        'Job/train train-* default train',
        'CronJob/nightly nightly-* default report lasting',
      ],
      'argo.yaml': [
        'Workflow/steps steps-* workflow main',
        'CronWorkflow/nightly nightly-* default main lasting',
        'WorkflowTemplate/shared any default main lasting',
        'Rollout/canary canary-* default web lasting',
      ],
      'kubeflow.yaml': [
        'Notebook/ada ada-* default-editor ada lasting',
        'PyTorchJob/mnist (Master) mnist-* default pytorch',
        'PyTorchJob/mnist (Worker) mnist-* default pytorch',
        'MPIJob/pi (Launcher) pi-* default mpi-launcher',
      ],
      'knative.yaml': ['Service/hello hello-* default user-container lasting'],
      'spark.yaml': [
        'SparkApplication/spark-pi (driver) spark-pi-driver spark-operator-spark spark-kubernetes-driver',
        'SparkApplication/spark-pi (executor) any spark-operator-spark spark-kubernetes-executor',
        'ScheduledSparkApplication/hourly (driver) hourly-* spark spark-kubernetes-driver lasting',
      ],
    };
    for (const [file, templates] of Object.entries(table))
      expect(templatesOf(written(file)), file).to.deep.equal(templates);
  });

  it('is of the kind that its API group says', () => {
    expect(
      refusalOf('apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nspec: {template: {spec: {a: b}}}').message,
    ).to.contain('nothing known to create pods');
    expect(
      templatesOf('apiVersion: extensions/v1beta1\nkind: Deployment\nspec: {template: {spec: {a: b}}}'),
    ).to.have.length(1);
  });

  it('may run its steps under several accounts, in several containers', () => {
    const steps =
      '[{script: {}, serviceAccountName: a}, {containerSet: {containers: [{name: x}, {name: y}]}}, {steps: []}]';
    expect(
      templatesOf(
        `apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec: {templates: ${steps}}`,
      ),
    ).to.deep.equal(['Workflow/w w* a|default main|x|y']);
  });

  it('points to twofold ticket where its pods are not known', () => {
    const ray =
      'apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: r}\nspec: {headGroupSpec: {template: {spec: {containers: [{image: a}]}}}}\n';
    expect(refusalOf(ray).message).to.contain('RayCluster/r');
    for (const text of [ray, 'kind: ConfigMap\n']) expect(refusalOf(text).next).to.contain('twofold ticket');
    expect(parseManifest(`${ray}---\n${pod('')}`).others).to.deep.equal(['RayCluster/r']);
  });

  it('is refused as a template of Helm before it is rendered, whether it is YAML or not', () => {
    for (const text of [
      'kind: Pod\nmetadata:\n  name: {{ .Release.Name }}\nspec: {a: b}\n',
      "kind: Pod\nmetadata: {name: '{{ .Values.name }}'}\nspec: {a: b}\n",
      '{{- if .Values.enabled }}\nkind: Pod\nspec: {a: b}\n{{- end }}\n',
      'kind: Pod\nspec:\n  {{- toYaml .Values.spec | nindent 2 }}\n',
      'kind: Pod\nspec:\n  {{- include "a.spec" . | nindent 2 }}\n',
      'kind: Deployment\nspec: {template: {spec: {serviceAccountName: \'{{ include "a" . }}\'}}}\n',
    ]) {
      const { message, next } = refusalOf(text);
      expect(message, text).to.match(
        /a template that has not been rendered: there is a directive at line \d\.$/,
      );
      expect(next).to.contain('helm template');
    }
  });

  it('is refused where an anchor or a merge key would change something else too', () => {
    const shared =
      'kind: List\nitems:\n- kind: Pod\n  spec: {a: b}\n  metadata: &m\n    annotations: &a {x: y}\n- kind: Pod\n  spec: {a: b}\n';
    for (const text of [`${shared}  metadata: *m\n`, `${shared}  metadata: {<<: *m}\n`]) {
      expect(refusalOf(text).message, text).to.contain('cannot be set alone');
      expect(refusalOf(text).next).to.contain('twofold ticket');
    }
    expect(refusalOf('kind: Pod\nspec: {a: b}\nmetadata: {annotations: text}').message).to.contain(
      'not a map',
    );
  });

  it('merges the annotations of an alias with its own', () => {
    const shared =
      'kind: List\nitems:\n- kind: Pod\n  spec: {a: b}\n  metadata: {annotations: &a {team: a}}\n- kind: Pod\n  spec: {a: b}\n';
    const { toJson } = parseManifest(`${shared}  metadata: {annotations: *a}\n`).annotated([
      { t: '1' },
      { t: '2' },
    ]);
    expect(toJson())
      .to.have.nested.property('items[1].metadata.annotations')
      .that.deep.equals({ team: 'a', t: '2' });
  });

  it('replaces a block scalar, and continues a text without a last newline', () => {
    const before =
      'kind: Pod\nspec: {a: b}\nmetadata:\n  annotations:\n    a: |\n      x\n      y\n    b: |-\n      z';
    const { text } = parseManifest(before).annotated([{ a: '1', c: '2' }]);
    expect(text).to.equal(
      'kind: Pod\nspec: {a: b}\nmetadata:\n  annotations:\n    a: "1"\n    b: |-\n      z\n    c: "2"',
    );
  });

  it('is never quoted in a refusal', () => {
    const canary = 'hunter2';
    for (const text of [
      `a: [${canary}`,
      `kind: Pod\nspec: {a: b}\ndata: {${canary}: a, ${canary}: b}\n`,
      `kind: Pod\nspec: {a: b}\n? [${canary}]\n: a\n`,
      `kind: Pod\nspec: {a: *${canary}}\n`,
      `kind: Pod\nspec: {a: b, <<: ${canary}}\n`,
      `kind: ${canary}\nmetadata: {name: "${canary}!"}\nspec: {containers: [{image: a}]}\n`,
      `kind: Job\nmetadata: {name: "${canary}!"}\nspec: {}\n`,
      `kind: Pod\nspec: {a: b}\nmetadata: {name: "${canary}!", annotations: ${canary}}`,
      `kind: Pod\nmetadata: {name: '{{ .Values.x | default "${canary}" }}'}\nspec: {a: b}\n`,
      `{"kind": "Pod", "spec": ${canary}}`,
      '['.repeat(2_000) + canary,
    ]) {
      const { message, next = '' } = refusalOf(text);
      expect(message + next, text.slice(0, 100)).not.to.contain(canary);
    }
  });
});
