/** The policy evaluator, against what Kubernetes 1.35's API server does with the same policies. */
import { expect } from 'chai';
import type { AdmissionRequest, KubernetesObject } from './request.ts';
import { createAdmissionPolicies, type AdmissionVerdict } from './policy.ts';

const pods = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }];

const request = (fields: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  operation: 'CREATE',
  resource: { group: '', version: 'v1', resource: 'pods' },
  namespace: 'default',
  userInfo: { username: 'alice', groups: ['staff'] },
  object: {
    kind: 'Pod',
    metadata: { name: 'a', labels: { app: 'a' } },
    ...{ spec: { priority: 3, nodeName: null } },
  },
  oldObject: null,
  ...fields,
});

interface Given {
  readonly spec?: object;
  readonly binding?: object;
  readonly others?: readonly KubernetesObject[];
}

function documents({ spec, binding, others = [] }: Given): KubernetesObject[] {
  const policy = {
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'p' },
    spec: { matchConstraints: { resourceRules: pods }, ...spec },
  };
  const bound = { policyName: 'p', validationActions: ['Deny'], ...binding };
  return [
    policy,
    { kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'b' }, ...{ spec: bound } },
    ...others,
  ];
}

const review = (given: Given, asked = request()): AdmissionVerdict =>
  createAdmissionPolicies(documents(given)).review(asked);
const rule = (expression: string, fields: object = {}): { validations: object[] } => ({
  validations: [{ expression, ...fields }],
});
const never = rule('false', { message: 'never' });
const messages = (given: Given, asked?: AdmissionRequest): string[] =>
  review(given, asked).denied.map(({ message }) => message);

describe('admission policies', () => {
  it('refuse with the policy’s name and message, and allow what holds', () => {
    expect(review({ spec: never })).to.deep.equal({
      denied: [{ policy: 'p', message: 'never' }],
      warnings: [],
    });
    expect(review({ spec: rule('true') })).to.deep.equal({ denied: [], warnings: [] });
  });

  it('do nothing without a binding', () => {
    const [policy] = documents({ spec: never });
    expect(policy && createAdmissionPolicies([policy]).review(request()).denied).to.deep.equal([]);
  });

  it('explain by expression, else by message, else by the rule itself', () => {
    const user = { messageExpression: "'not ' + request.userInfo.username", message: 'no' };
    expect(messages({ spec: rule('false', user) })).to.deep.equal(['not alice']);
    for (const messageExpression of ["'two\\nlines'", "'  '", 'object.nothing', '1']) {
      expect(messages({ spec: rule('false', { messageExpression, message: 'no' }) })).to.deep.equal(['no']);
    }
    expect(messages({ spec: rule(' false ') })).to.deep.equal(['failed expression: false']);
  });

  it('warn, where the binding says so, in the API server’s words', () => {
    const { denied, warnings } = review({ spec: never, binding: { validationActions: ['Warn'] } });
    expect(denied).to.deep.equal([]);
    expect(warnings).to.deep.equal([
      "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': never",
    ]);
  });

  it('refuse what cannot be evaluated, unless failures are to be ignored', () => {
    const broken = rule('object.spec.nothing.more');
    expect(messages({ spec: broken })).to.have.length(1);
    expect(messages({ spec: { ...broken, failurePolicy: 'Ignore' } })).to.deep.equal([]);
    expect(messages({ spec: { ...never, failurePolicy: 'Ignore' } })).to.deep.equal(['never']);
  });

  it('do not stand for an expression that does not parse', () => {
    expect(() => createAdmissionPolicies(documents({ spec: rule('object.(') }))).to.throw();
  });

  describe('matching', () => {
    const matched = (resourceRules: readonly object[], asked: Partial<AdmissionRequest>): boolean =>
      messages({ spec: { ...never, matchConstraints: { resourceRules } } }, request(asked)).length > 0;
    const update = { operation: 'UPDATE', subResource: 'status' };

    it('is by operation, group, version and resource', () => {
      expect(matched(pods, {})).to.equal(true);
      expect(matched(pods, { operation: 'UPDATE' })).to.equal(false);
      expect(matched(pods, { resource: { group: '', version: 'v1', resource: 'secrets' } })).to.equal(false);
      expect(
        matched(pods, { resource: { group: 'x.example.org', version: 'v1', resource: 'pods' } }),
      ).to.equal(false);
      expect(matched(pods, { resource: { group: '', version: 'v2', resource: 'pods' } })).to.equal(false);
    });

    it('keeps a resource apart from its subresources', () => {
      const rules = (...resources: string[]): object[] => [{ ...pods[0], operations: ['*'], resources }];
      expect(matched(rules('pods'), update)).to.equal(false);
      expect(matched(rules('*'), update)).to.equal(false);
      for (const resource of ['pods/status', 'pods/*', '*/status', '*/*']) {
        expect(matched(rules(resource), update), resource).to.equal(true);
      }
      expect(matched(rules('pods/status'), {})).to.equal(false);
      expect(matched(rules('pods/*'), {}), 'as in Kubernetes').to.equal(true);
    });

    it('is by the object’s labels before or after, and by the namespace’s', () => {
      const select = (key: string): object => ({ matchExpressions: [{ key, operator: 'Exists' }] });
      const by = (constraint: object, asked?: AdmissionRequest, others: KubernetesObject[] = []): number =>
        messages(
          { spec: { ...never, matchConstraints: { resourceRules: pods, ...constraint } }, others },
          asked,
        ).length;
      expect(by({ objectSelector: select('app') })).to.equal(1);
      expect(by({ objectSelector: select('other') })).to.equal(0);
      const before = { metadata: { labels: { other: '' } } };
      expect(by({ objectSelector: select('other') }, request({ oldObject: before }))).to.equal(1);
      expect(by({ namespaceSelector: select('kubernetes.io/metadata.name') })).to.equal(1);
      expect(by({ namespaceSelector: select('team') })).to.equal(0);
      const team = { kind: 'Namespace', metadata: { name: 'default', labels: { team: 'x' } } };
      expect(by({ namespaceSelector: select('team') }, undefined, [team])).to.equal(1);
    });

    it('is narrowed by the binding', () => {
      const matchResources = { objectSelector: { matchLabels: { app: 'b' } } };
      expect(messages({ spec: never, binding: { matchResources } })).to.deep.equal([]);
    });

    it('ends where a condition is false, even beside one that is broken', () => {
      const conditions = (...expressions: string[]): object => ({
        ...never,
        matchConditions: expressions.map((expression, i) => ({ name: `c${i}`, expression })),
      });
      expect(messages({ spec: conditions('true') })).to.deep.equal(['never']);
      expect(messages({ spec: conditions('object.no.way', 'false') })).to.deep.equal([]);
      expect(messages({ spec: conditions('object.no.way') })[0]).to.match(/No such key/);
      expect(messages({ spec: { ...conditions('object.no.way'), failurePolicy: 'Ignore' } })).to.deep.equal(
        [],
      );
    });
  });

  describe('expressions', () => {
    it('see whole numbers as integers, no null fields, and nothing as null', () => {
      expect(
        messages({ spec: rule('object.spec.priority == 3 && !has(object.spec.nodeName)') }),
      ).to.deep.equal([]);
      expect(messages({ spec: rule('oldObject == null') })).to.deep.equal([]);
      expect(messages({ spec: rule("request.operation == 'CREATE' && !has(request.object)") })).to.deep.equal(
        [],
      );
    });

    it('evaluate a variable only where it is read, and from others before it', () => {
      const variables = [
        { name: 'broken', expression: 'object.no.way' },
        { name: 'name', expression: 'object.metadata.name' },
        { name: 'twice', expression: 'variables.name + variables.name' },
      ];
      expect(messages({ spec: { variables, ...rule("variables.twice == 'aa'") } })).to.deep.equal([]);
      expect(messages({ spec: { variables, ...rule('variables.broken') } })).to.have.length(1);
    });
  });
});
