import { expect } from 'chai';
import { choicesObject, readChoices, type Choices } from './choices.ts';
import type { Kubectl } from './kubectl.ts';

function cluster(stored: object | undefined, code = 0): Kubectl {
  const unexpected = (): never => {
    throw new Error('not asked for here');
  };
  return {
    attempt: () =>
      Promise.resolve({ code, stdout: stored ? JSON.stringify(stored) : '', stderr: code ? 'refused' : '' }),
    run: unexpected,
    find: unexpected,
    list: unexpected,
    apply: unexpected,
  };
}

describe('what was chosen with an option of make deploy', () => {
  const after = (first: Choices, second: Choices): Promise<Choices> =>
    readChoices(cluster(choicesObject(first)), second);

  it('is kept by a later deployment that does not name it', async () => {
    const first: Choices = { env: 'on', database: 'postgres', namespaces: 'a,b' };
    expect(await after(first, {})).to.deep.equal(first);
    expect(await after(first, { env: undefined, database: undefined })).to.deep.equal(first);
  });

  it('is replaced by what a later one chooses, and nothing else with it', async () => {
    expect(await after({ env: 'on', database: 'postgres' }, { env: 'off' })).to.deep.equal({
      env: 'off',
      database: 'postgres',
    });
  });

  it('is nothing before a first deployment, or where no API server responds', async () => {
    expect(await readChoices(cluster(undefined), {})).to.deep.equal({});
    expect(await readChoices(cluster(undefined, 1), { env: 'on' })).to.deep.equal({ env: 'on' });
    expect(choicesObject({}).data).to.deep.equal({});
  });
});
