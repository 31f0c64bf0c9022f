import { Ajv } from 'ajv';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

/** Helm checks values together with the chart's own; those on a page are only some. */
function withoutRequired(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutRequired);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).filter(
    ([name, value]) => name !== 'required' || !Array.isArray(value),
  );
  return Object.fromEntries(members.map(([name, value]) => [name, withoutRequired(value)]));
}

interface Values {
  readonly hub?: { readonly extraConfig?: Readonly<Record<string, string>>; readonly config?: object };
  readonly singleuser?: { readonly networkPolicy?: { readonly egress?: unknown } };
}

function valuesOn(page: string): Values[] {
  return Array.from(read(page).matchAll(/^```yaml\n([^]*?)^```/gm), ([, text = '']) => parse(text) as Values);
}

describe('the values of docs/zero-to-jupyterhub.md', () => {
  const schema = withoutRequired(
    parse(read('test/fixtures/zero-to-jupyterhub/values.schema.yaml')),
  ) as object;
  const check = new Ajv({ strict: false, allErrors: true }).compile(schema);
  const errorsOf = (values: unknown): string => (check(values) ? '' : JSON.stringify(check.errors));
  const [withPackage, asLauncher, ...more] = valuesOn('docs/zero-to-jupyterhub.md');

  it('are accepted by the chart’s own schema, as are those of docs/jupyterhub.md', () => {
    expect(more).to.deep.equal([]);
    const [policy] = valuesOn('docs/jupyterhub.md');
    for (const values of [withPackage, asLauncher, policy]) expect(errorsOf(values)).to.equal('');
  });

  it('are not accepted at another place, so that the check is one', () => {
    for (const values of [
      { hub: { extraconfig: {} } },
      { singleuser: { networkPolicy: { egres: [] } } },
      { hub: { image: 'registry.example.org/hub' } },
      { proxy: { networkPolicy: {} } },
    ])
      expect(errorsOf(values), JSON.stringify(values)).not.to.equal('');
  });

  it('open the same port as docs/jupyterhub.md', () => {
    const [policy] = valuesOn('docs/jupyterhub.md');
    expect(withPackage?.singleuser?.networkPolicy).to.deep.equal(policy?.singleuser?.networkPolicy);
  });

  it('mount the roots where the configuration looks for them', () => {
    const mounts = (withPackage?.hub as { extraVolumeMounts: { mountPath: string }[] }).extraVolumeMounts;
    const [code = ''] = Object.values(withPackage?.hub?.extraConfig ?? {});
    expect(code).to.contain(`ca_file="${mounts[0]?.mountPath ?? ''}/ca.crt"`);
  });
});
