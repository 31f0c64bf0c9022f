import { expect } from 'chai';
import { parseSecretName, type SecretName } from '#envelope/names.ts';
import { sessionAnnotations, type SessionChoice } from './session-annotations.ts';

function name(text: string): SecretName {
  return parseSecretName(text)!;
}
const [a, b] = [name('db-password'), name('aws.key')];
function problem(choice: SessionChoice): string {
  const outcome = sessionAnnotations(choice);
  if (outcome.ok) throw new Error(JSON.stringify(outcome.value));
  expect(outcome.refusal.code).to.equal('annotations_malformed');
  return outcome.refusal.detail;
}
function written(choice: SessionChoice): unknown {
  const outcome = sessionAnnotations(choice);
  return outcome.ok ? outcome.value : outcome.refusal;
}

describe('the annotations of a choice', () => {
  it('name each secret once, as a file of its own name by default', () => {
    expect(written({ secrets: [a, b] })).to.deep.equal({ 'twofold.dev/secrets': 'db-password,aws.key' });
    expect(written({ secrets: [a, b], mountPath: '/secrets/', containers: ['*'] })).to.deep.equal({
      'twofold.dev/secrets': 'db-password,aws.key',
      'twofold.dev/containers': '*',
    });
  });

  it('give other files, variables, path, containers and mode', () => {
    const choice = {
      secrets: [a, b],
      files: [{ name: b, path: 'aws/key' }],
      env: [{ variable: 'PGPASSWORD', name: a }],
      mountPath: '/home/ada//s',
      containers: ['main', 'side-car'],
      fileMode: '0440',
    };
    expect(written(choice)).to.deep.equal({
      'twofold.dev/secrets': 'aws.key=aws/key',
      'twofold.dev/env': 'PGPASSWORD=db-password',
      'twofold.dev/mount-path': '/home/ada/s',
      'twofold.dev/containers': 'main,side-car',
      'twofold.dev/file-mode': '0440',
    });
    expect(written({ secrets: [a], env: [{ variable: 'X', name: a }] })).to.deep.equal({
      'twofold.dev/env': 'X=db-password',
    });
  });

  it('are refused with the webhook’s own reasons', () => {
    expect(problem({ secrets: [a], mountPath: '/etc/x' })).to.contain('belongs to the image');
    expect(problem({ secrets: [a], mountPath: 'secrets' })).to.contain('absolute');
    expect(problem({ secrets: [a], fileMode: '0777' })).to.contain('read bits');
    expect(problem({ secrets: [a], containers: [] })).to.contain('containers');
    expect(problem({ secrets: [a], containers: ['*', 'main'] })).to.contain('containers');
    expect(problem({ secrets: [a], files: [{ name: b, path: 'x' }] })).to.contain('aws.key');
    expect(problem({ secrets: [a], files: [{ name: a, path: '../x' }] })).to.contain(
      'the path in entry 1 (4 characters)',
    );
    expect(problem({ secrets: [a], files: [{ name: a, path: 'x,y=z' }] })).to.contain(
      'the path in entry 1 (5 characters)',
    );
    const clash = [
      { name: a, path: 'x' },
      { name: b, path: 'x/y' },
    ];
    expect(problem({ secrets: [a, b], files: clash })).to.contain('folder');
    expect(problem({ secrets: [a], env: [{ variable: '1X', name: a }] })).to.contain(
      'the variable in entry 1 (2 characters)',
    );
    const twice = [
      { variable: 'X', name: a },
      { variable: 'X', name: b },
    ];
    expect(problem({ secrets: [a, b], env: twice })).to.contain('twice');
  });
});
