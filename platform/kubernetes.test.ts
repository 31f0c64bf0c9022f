import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { testCertificates } from '../test/certificates.ts';
import { testFolder } from '../test/folder.ts';
import { listenOn } from './listen.ts';
import { createKubernetesApi, type KubernetesApi } from './kubernetes.ts';
import { createLog } from './log.ts';

describe('an answer of the Kubernetes API', () => {
  let server: Server;
  let api: KubernetesApi;
  let answer = { status: 200, body: '' };

  before(async () => {
    const certificates = await testCertificates();
    server = createServer(certificates.leaf('console'), (_message, response) => {
      response.writeHead(answer.status).end(answer.body);
    });
    const token = join(testFolder('kubernetes'), 'token');
    writeFileSync(token, 'token');
    api = createKubernetesApi(
      {
        kubernetesUrl: `https://127.0.0.1:${await listenOn(server, '127.0.0.1', 0)}`,
        kubernetesTokenFile: token,
        kubernetesCaFile: join(certificates.leafDir('console'), 'ca.crt'),
      },
      { log: createLog({ service: 'test', level: 'error', write: () => undefined }) },
    );
  });
  after(() => {
    api.close();
    server.close();
  });

  it('that is no JSON object is a refusal, whatever its status', async () => {
    for (const status of [200, 201, 404, 500])
      for (const body of ['', '<html>', '{"kind":', 'null', '7', '"text"']) {
        answer = { status, body };
        const answers = [await api.get('/version'), await api.create('/api/v1/namespaces/n/secrets', {})];
        for (const got of answers) {
          expect(got, `${status} ${body}`).to.include({ ok: false, status });
          expect(got).to.have.property('reason').that.is.a('string');
        }
      }
  });

  it('that is one is the object', async () => {
    answer = { status: 200, body: '{"major":"1"}' };
    expect(await api.get('/version')).to.deep.equal({ ok: true, object: { major: '1' } });
  });
});
