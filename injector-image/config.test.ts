import { expect } from 'chai';
import { encodeInitValues, parseAnnotations } from '#envelope/annotation-values.ts';
import { parseConfig } from './config.ts';
import { Failure } from './outcome.ts';

const good = {
  ...encodeInitValues(parseAnnotations({}).values),
  TWOFOLD_CLAIM_URL: 'https://console.test:8445/internal/v1/claim',
  TWOFOLD_GRANT_SHA256: 'a'.repeat(64),
  TWOFOLD_CA_SHA256: '0'.repeat(64),
  TWOFOLD_FILES: 'db-password=pg/password,aws-key',
  TWOFOLD_ENV: 'PGPASSWORD=db-password',
  TWOFOLD_FILE_MODE: '0440',
};

describe('the init container’s environment', () => {
  it('is what the webhook wrote, with fixed folders', () => {
    const config = parseConfig(good);
    expect(config).to.include({ claimUrl: good.TWOFOLD_CLAIM_URL, fileMode: 0o440, claimSeconds: 60 });
    expect(config.files.map(({ path }) => path)).to.deep.equal(['pg/password', 'aws-key']);
    expect(config.dirs).to.deep.equal({
      session: '/twofold/session',
      token: '/var/run/secrets/kubernetes.io/serviceaccount',
      files: '/twofold/files',
      env: '/twofold/env',
    });
  });

  it('may select only files, or only variables', () => {
    expect(parseConfig({ ...good, TWOFOLD_ENV: '' }).variables).to.deep.equal([]);
    expect(parseConfig({ ...good, TWOFOLD_FILES: '' }).files).to.deep.equal([]);
  });

  it('is not disturbed by the variables of a Service with a similar name', () => {
    expect(() => parseConfig({ ...good, TWOFOLD_X_SERVICE_HOST: '10.0.0.1' })).not.to.throw();
  });

  it('is refused, naming the variable, when anything is missing or of another form', () => {
    const bad: readonly (readonly [keyof typeof good | 'TWOFOLD_CLAIM_SECONDS', string | undefined])[] = [
      ...(Object.keys(good) as (keyof typeof good)[]).map((name) => [name, undefined] as const),
      ...['http://console.test/', 'https://', 'console'].map((url) => ['TWOFOLD_CLAIM_URL', url] as const),
      ...['', 'A'.repeat(64), 'a'.repeat(63)].map((hash) => ['TWOFOLD_GRANT_SHA256', hash] as const),
      ...['', 'x'].map((hash) => ['TWOFOLD_CA_SHA256', hash] as const),
      ...['a=../b', '/a', 'a=b,a=b', 'a,b=a/c', 'a b', 'a=..new'].map(
        (text) => ['TWOFOLD_FILES', text] as const,
      ),
      ...['x', '1A=b', 'A=b,A=c', "A='"].map((text) => ['TWOFOLD_ENV', text] as const),
      ...['', '400', '0777', '0600', '0000', '04000', '0o400'].map(
        (mode) => ['TWOFOLD_FILE_MODE', mode] as const,
      ),
      ...['0', 'x', '1e9', ''].map((seconds) => ['TWOFOLD_CLAIM_SECONDS', seconds] as const),
    ];
    for (const [variable, value] of bad) {
      expect(() => parseConfig({ ...good, [variable]: value }), `${variable}=${value}`)
        .to.throw(Failure, variable)
        .with.property('kind', 'misconfigured');
    }
    expect(() => parseConfig({ ...good, TWOFOLD_FILES: '', TWOFOLD_ENV: '' })).to.throw('TWOFOLD_FILES');
  });
});
