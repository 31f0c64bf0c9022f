/** The guard checks every field of a pod that can name a Secret, according to Kubernetes' own schema. */
import { expect } from 'chai';
import { referenceCases } from './guard-cases/references.ts';
import { candidates, NO_SECRETS, secretFields, specNaming } from './guard-cases/secret-fields.ts';
import { createManifestValidator } from './schemas/validate.ts';

describe('fields of a pod that can name a Secret', () => {
  it('are found in the schema: every kind of volume, every kind of container, pull secrets', () => {
    expect(secretFields).to.include.members([
      'imagePullSecrets.[].name',
      'volumes.[].secret.secretName',
      'volumes.[].projected.sources.[].secret.name',
      'volumes.[].cinder.secretRef.name',
      'volumes.[].csi.nodePublishSecretRef.name',
      'volumes.[].csi.volumeAttributes.{}',
      ...['containers', 'initContainers', 'ephemeralContainers'].flatMap((containers) => [
        `${containers}.[].env.[].valueFrom.secretKeyRef.name`,
        `${containers}.[].envFrom.[].secretRef.name`,
      ]),
    ]);
    expect(new Set(secretFields).size).to.equal(20);
  });

  it('are all that look like one, except those listed with the reason why they are not', () => {
    expect(candidates).to.have.members([...secretFields, ...Object.keys(NO_SECRETS)]);
  });

  it('are each named alone, in pods that an API server would accept', () => {
    const field = 'volumes.[].iscsi.secretRef.name';
    expect(specNaming(field, 'x')).to.have.nested.property('volumes[0].iscsi.secretRef.name', 'x');
    const validator = createManifestValidator();
    for (const { title, request } of referenceCases)
      expect(request.object && validator.problems(request.object), title).to.deep.equal([]);
  });
});
