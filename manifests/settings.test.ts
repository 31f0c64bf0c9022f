/** The settings and mounts of the services as they will run (docs/design.md#settings), and where their keys come from. */
import { expect } from 'chai';
import { parseSettings, type Settings } from '#platform/settings.ts';
import { consoleSettings } from '../console/config.ts';
import { keyserviceSettings } from '../keyservice/config.ts';
import { webhookSettings } from '../webhook/config.ts';
import { guardParameters } from './guard.ts';
import { envOf, OVERLAYS, podOf, renderedOverlays, ZONES, type Volume } from './workloads.ts';

const SETTINGS: Readonly<Record<string, Settings>> = {
  console: consoleSettings,
  webhook: webhookSettings,
  keyservice: keyserviceSettings,
};

describe('settings of the services as deployed', function () {
  this.timeout(180_000);
  const { deployment, objects } = renderedOverlays();

  for (const overlay of OVERLAYS) {
    describe(overlay, () => {
      it('mounts what its variables name, read-only except for the database and scratch space', () => {
        for (const zone of ZONES) {
          const { volumes, containers } = podOf(deployment(overlay, zone));
          const [{ env, volumeMounts }] = containers;
          expect(volumeMounts.map(({ name }) => name).sort()).to.deep.equal(
            volumes.map(({ name }) => name).sort(),
          );
          for (const { name, value } of env.filter((variable) => variable.value.startsWith('/'))) {
            const mounted = volumeMounts.some(
              ({ mountPath }) => value === mountPath || value.startsWith(`${mountPath}/`),
            );
            expect(mounted, name).to.equal(true);
          }
          const writable = volumeMounts
            .filter(({ readOnly }) => readOnly !== true)
            .map(({ mountPath }) => mountPath);
          expect(['/tmp', '/var/lib/twofold']).to.include.members(writable);
        }
      });

      it('gives each service one issuer, cluster and claim address, and the guard the same', () => {
        const [console, webhook, keyservice] = ZONES.map((zone) => envOf(deployment(overlay, zone)));
        expect(keyservice).to.include({ TWOFOLD_TICKET_ISSUER: console?.['TWOFOLD_PUBLIC_URL'] });
        expect(keyservice).to.include({ TWOFOLD_CLUSTER: console?.['TWOFOLD_CLUSTER'] });
        expect(guardParameters(objects(overlay))).to.deep.equal({
          image: webhook?.['TWOFOLD_INJECTOR_IMAGE'],
          otherImage: '',
          digests: '',
          seccompProfile: webhook?.['TWOFOLD_INJECTOR_SECCOMP_PROFILE'],
          claimUrl: webhook?.['TWOFOLD_CLAIM_URL'],
          webhookUser: 'system:serviceaccount:twofold-webhook:webhook',
          launchers: '',
          namespaces: webhook?.['TWOFOLD_NAMESPACES'],
          labelSetters: '',
        });
        expect(console).to.include({ TWOFOLD_NAMESPACES: webhook?.['TWOFOLD_NAMESPACES'] });
        for (const values of [console, webhook, keyservice]) {
          // No registry asks for credentials.
          const { TWOFOLD_INJECTOR_PULL_SECRETS: _none, ...set } = values ?? {};
          expect(Object.values(set), JSON.stringify(values)).not.to.include('');
        }
      });

      it('binds the webhook in the namespaces that its settings enable', () => {
        const enabled = envOf(deployment(overlay, 'webhook'))['TWOFOLD_NAMESPACES']?.split(',');
        const bound = objects(overlay)
          .filter(
            ({ kind, metadata }) => kind === 'RoleBinding' && metadata?.name === 'twofold-webhook-sessions',
          )
          .map(({ metadata }) => metadata?.namespace);
        expect(bound).to.deep.equal(enabled);
      });

      it('gives each service all required settings, no unknown ones, and only valid values', async () => {
        const noFiles = () => Promise.reject(new Error('the files are in the cluster'));
        for (const [zone, settings] of Object.entries(SETTINGS)) {
          const parsed = await parseSettings(settings, envOf(deployment(overlay, zone)), noFiles);
          const problems = parsed.ok ? [] : parsed.problems;
          expect(problems.filter((problem) => !problem.includes('readable file'))).to.deep.equal([]);
        }
      });

      it('gives the console its database in one way', () => {
        const given = Object.keys(envOf(deployment(overlay, 'console')));
        expect(given.filter((name) => name.startsWith('TWOFOLD_DATABASE_URL'))).to.have.length(1);
      });
    });
  }

  /** Settings that name a file of symmetric or private keys; later additions are included automatically. */
  const secretKeySettings = (settings: Settings): string[] =>
    Object.values(settings)
      .filter(({ kind }) => kind.includes('JWK set') && !kind.includes('public keys'))
      .map(({ variable }) => variable);

  /** The volume of the file that a variable names. */
  const volumeOf = (overlay: string, zone: string, variable: string): Volume | undefined => {
    const { containers, volumes } = podOf(deployment(overlay, zone));
    const path = envOf(deployment(overlay, zone))[variable] ?? '';
    const mount = containers[0].volumeMounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
    return volumes.find(({ name }) => name === mount?.name);
  };

  it('take every key of the console that confers authority from outside etcd, except in the demonstration', () => {
    const variables = secretKeySettings(consoleSettings);
    expect(variables).to.include.members(
      ['AT_REST', 'TICKET', 'COOKIE', 'RECORD'].map((use) => `TWOFOLD_${use}_KEYS_FILE`),
    );
    for (const variable of variables) {
      for (const overlay of ['overlays/sqlite', 'overlays/postgres']) {
        const volume = volumeOf(overlay, 'console', variable);
        expect(volume, `${overlay} ${variable}`).to.have.nested.property('csi.driver');
        expect(volume, `${overlay} ${variable}`).not.to.have.property('secret');
      }
      expect(volumeOf('overlays/demo', 'console', variable)?.secret, variable).to.deep.include({
        secretName: 'console-keys',
      });
    }
  });

  it('never have a key that confers authority and the RSA key in one backup of etcd', () => {
    const fromEtcd = (overlay: string): boolean =>
      secretKeySettings(consoleSettings).some(
        (variable) => volumeOf(overlay, 'console', variable)?.csi === undefined,
      ) && volumeOf(overlay, 'keyservice', 'TWOFOLD_ENVELOPE_PRIVATE_KEYS_FILE')?.csi === undefined;
    expect(OVERLAYS.filter(fromEtcd)).to.deep.equal(['overlays/demo']);
  });

  it('install no Secret: Secrets are created separately, and no key is ever in a manifest', () => {
    for (const overlay of OVERLAYS)
      expect(
        objects(overlay).filter(({ kind }) => kind === 'Secret'),
        overlay,
      ).to.deep.equal([]);
  });
});
