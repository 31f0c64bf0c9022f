/** One stack for all cells: a few owners' secrets, running sessions, a login on the page; and copies of everything. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Jwk } from '#envelope/kid.ts';
import { annotations as keys } from '#envelope/annotations.ts';
import { parseRecordKeys } from '../../../console/key-files.ts';
import { createRecords } from '../../../console/store/records.ts';
import type { Login } from '../../../console/store/logins.ts';
import { connectRaw } from '../../../console/testing/record-rows.ts';
import type { Pod } from '../../../scripts/dev/kubernetes/objects.ts';
import { createPerson, type Person } from '../../../scripts/dev/person.ts';
import { testFolder } from '../../folder.ts';
import { testPostgres } from '../../postgres.ts';
import { nameOf, sessions, startDrill, type Drill } from '../cluster.ts';
import { createBrowser, logIn } from './browser.ts';
import { copyRows, installSecrets, jwks, leafIn, rootIn, sessionSecrets } from './copies.ts';
import { everyObject, lootOfEtcd } from './etcd.ts';
import { together, type Holding } from './loot.ts';
import type { SetId } from './sets.ts';
import { createWorld, hub, stored, users, type World } from './world.ts';

export interface Ground {
  readonly world: World;
  readonly sets: Readonly<Record<SetId, Holding>>;
  /** Value → `owner/name`. */
  readonly markers: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

const RBAC = 'rbac.authorization.k8s.io';
const STRANGERS = 60;
const DAY_MS = 86_400_000;

const launcher = {
  username: hub.username,
  namespaces: [hub.namespace],
  annotation: hub.annotation,
  claim: 'preferred_username',
  loginWithinDays: 30,
};

async function start(strangers: readonly string[], database: string): Promise<Drill> {
  const launchersFile = join(testFolder('launchers'), 'launchers.json');
  writeFileSync(launchersFile, JSON.stringify({ launchers: [launcher] }));
  const many = '1000000';
  return await startDrill({
    launchersFile,
    database,
    people: [...users, ...strangers],
    env: {
      console: {
        TWOFOLD_STARTS_PER_MINUTE: many,
        TWOFOLD_REFUSALS_PER_MINUTE: many,
        TWOFOLD_UNKNOWN_PER_MINUTE: many,
        TWOFOLD_LAUNCHER_ORIGINS: 'https://launcher.example.org',
      },
    },
  });
}

/** A service account that may do this in these namespaces. */
async function makeAccount(
  admin: Person,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { where, rules }: { readonly where: readonly string[]; readonly rules: readonly object[] },
): Promise<void> {
  await admin.must('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
  for (const ns of where) {
    const path = `/apis/${RBAC}/v1/namespaces/${ns}`;
    await admin.must('POST', `${path}/roles`, { metadata: { name }, rules });
    await admin.must('POST', `${path}/rolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: RBAC, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', namespace, name }],
    });
  }
}

async function tokenOf(by: Person, namespace: string, name: string, spec: object = {}): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const { status } = await by.must<{ status: { token: string } }>('POST', path, { spec });
  return status.token;
}

const podRules = [{ apiGroups: [''], resources: ['pods'], verbs: ['create'] }];
/** As JupyterHub's chart has them, as far as they matter. */
const hubRules = [
  { apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'watch', 'list', 'create', 'delete'] },
];
const editorRules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }];

function boundTo({ metadata: { name, uid } }: Pod) {
  return { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid } };
}

/** The launcher in its own pod, with the token that the kubelet gives it. */
async function startHub({ admin, stack }: Drill, kubelet: Person): Promise<string> {
  await makeAccount(admin, { namespace: 'hub', name: 'hub' }, { where: [hub.namespace], rules: hubRules });
  const spec = { serviceAccountName: 'hub', containers: [{ name: 'hub', image: 'hub' }] };
  const pod = await admin.must<Pod>('POST', '/api/v1/namespaces/hub/pods', {
    metadata: { name: 'hub' },
    spec,
  });
  await stack.kubernetes.schedule('hub', 'hub');
  return await tokenOf(kubelet, 'hub', 'hub', boundTo(pod));
}

async function storeSecrets(drill: Drill): Promise<ReadonlyMap<string, string>> {
  const markers = new Map<string, string>();
  for (const user of users) {
    const person = drill.person(user);
    for (const name of stored[user]) {
      const value = nameOf(`value-of-${user}-${name}`);
      await person.store(name, value);
      markers.set(value, `${user}/${name}`);
    }
    person.close();
  }
  return markers;
}

/** The last login of carol's is made one of 40 days ago, as the console would have written it then. */
async function letTimePass(database: string, recordKey: Jwk): Promise<void> {
  const db = connectRaw(database);
  const records = createRecords(await parseRecordKeys(JSON.stringify({ keys: [recordKey] })));
  const at = Date.now() - 40 * DAY_MS;
  const rows = await db<Login & { mac: string }>('logins').where({ value: 'carol' });
  for (const { mac: _mac, ...row } of rows) {
    const carriers = (JSON.parse(row.carriers) as object[]).map((one) => ({
      ...one,
      firstAt: at,
      lastAt: at,
    }));
    const old = { ...row, carriers: JSON.stringify(carriers), oldest_at: at, last_at: at };
    await db('logins')
      .where({ id: row.id })
      .update({ ...old, mac: records.seal('logins', old) });
  }
  await db.destroy();
}

/** What is under way when the thief comes: a session by alice's ticket, one of bob's by the launcher, and a login. */
async function startSessions(drill: Drill, launcherToken: string) {
  const alice = drill.person('alice');
  const { ticket, annotations } = await alice.ticket({ namespace: sessions, secrets: ['running'] });
  alice.close();
  const session = await drill.admitPod(annotations);
  const asHub = createPerson({ ...drill.stack.kubernetes, bearer: launcherToken });
  const launched = await drill.admitPod(
    { [keys.files.key]: 'running', [hub.annotation]: 'bob' },
    { by: asHub, namespace: hub.namespace },
  );
  asHub.close();
  for (const pod of [session, launched]) {
    const { exitCode, message } = await drill.runPod(pod);
    if (exitCode !== 0) throw new Error(`a session did not start: ${message}`);
  }
  const browser = createBrowser(drill.ca);
  await logIn(browser, drill.stack.urls.console, 'alice');
  const cookie = browser.cookiesOf(drill.stack.urls.console);
  browser.close();
  return { ticket, session, launched, cookie };
}

/** The token that the session's init container has. */
async function podToken(kubelet: Person, pod: Pod): Promise<string> {
  const audience = `twofold:${pod.metadata.labels?.['twofold.dev/session'] ?? ''}`;
  return await tokenOf(kubelet, pod.metadata.namespace ?? '', 'default', {
    audiences: [audience],
    expirationSeconds: 3600,
    ...boundTo(pod),
  });
}

export async function startGround(): Promise<Ground> {
  const strangers = Array.from({ length: STRANGERS }, (_, at) => `stranger-${at + 1}`);
  const database = await (await testPostgres()).createDatabase();
  const drill = await start(strangers, database);
  const { admin, stack } = drill;
  const { dir } = stack;
  const kubelet = createPerson({ ...stack.kubernetes, bearer: readFileSync(stack.tokens.kubelet, 'utf8') });
  await installSecrets(admin, dir, database);
  const thief = { namespace: 'elsewhere', name: 'mallory' };
  const editor = { namespace: 'elsewhere', name: 'editor' };
  const where = [sessions, hub.namespace];
  await makeAccount(admin, thief, { where, rules: podRules });
  await makeAccount(admin, editor, { where, rules: editorRules });
  const launcherToken = await startHub(drill, kubelet);
  const markers = await storeSecrets(drill);
  const { ticket, session, launched, cookie } = await startSessions(drill, launcherToken);
  const consoleKey = (name: string) => jwks(join(dir, 'keys/console', `${name}.json`));
  const keyserviceKey = (name: string) => jwks(join(dir, 'keys/keyservice', `${name}.json`));
  await letTimePass(database, consoleKey('record')[0]!);
  const rows = [await copyRows(database)];
  const objects = await everyObject(admin);
  const leaf = (name: string): Holding => together({ leaves: [leafIn(dir, name)] });
  const token = (zone: string): Holding =>
    together({ serviceTokens: [readFileSync(join(dir, 'tokens', `${zone}.kubernetes`), 'utf8')] });
  const etcd = (overlay: string): Holding => {
    const loot = lootOfEtcd(objects, overlay);
    return together(loot, loot.databases.length > 0 ? { rows } : {});
  };
  const consoleKeys = {
    atRestKeys: consoleKey('at-rest'),
    ticketKeys: consoleKey('ticket-signing'),
    cookieKeys: consoleKey('cookie'),
    recordKeys: consoleKey('record'),
  };
  const keyserviceKeys = {
    rsaKeys: keyserviceKey('envelope-private'),
    grantKeys: keyserviceKey('grant-signing'),
  };
  const types = nameOf('value-of-alice-typed');
  const passersBy = { session, user: 'alice', types } as const;
  const world = createWorld({ drill, strangers, passersBy });
  return {
    world,
    markers: new Map([...markers, [types, 'alice/typed']]),
    close: async () => {
      world.close();
      kubelet.close();
      await stack.stop();
    },
    sets: {
      database: together({ rows }),
      'at-rest': together({ atRestKeys: consoleKeys.atRestKeys }),
      'ticket-key': together({ ticketKeys: consoleKeys.ticketKeys }),
      'cookie-key': together({ cookieKeys: consoleKeys.cookieKeys }),
      'record-key': together({ recordKeys: consoleKeys.recordKeys }),
      'console-keys': together(consoleKeys),
      rsa: together({ rsaKeys: keyserviceKeys.rsaKeys }),
      'grant-key': together({ grantKeys: keyserviceKeys.grantKeys }),
      'keyservice-keys': together(keyserviceKeys),
      'session-secrets': await sessionSecrets(admin, [session, launched]),
      'etcd-sqlite': etcd('sqlite'),
      'etcd-postgres': etcd('postgres'),
      'etcd-demo': etcd('demo'),
      ca: together({ roots: [rootIn(dir)] }),
      'console-tls': leaf('console'),
      'webhook-tls': leaf('webhook'),
      'keyservice-tls': leaf('keyservice'),
      'webhook-resolve': leaf('webhook-resolve'),
      'webhook-unwrap': leaf('webhook-unwrap'),
      'console-rewrap': leaf('console-rewrap'),
      'apiserver-webhook': leaf('apiserver-webhook'),
      'webhook-token': token('webhook'),
      'console-token': token('console'),
      'launcher-token': together({ serviceTokens: [launcherToken] }),
      ticket: together({ tickets: [ticket] }),
      cookie: together({ cookies: [cookie] }),
      login: together({ logins: [stack.bearers['alice'] ?? ''] }),
      write: together({ databases: [database], rows }),
      account: together({ accounts: [await tokenOf(admin, thief.namespace, thief.name)] }),
      'pod-token': together({ podTokens: [await podToken(kubelet, session)] }),
      way: together({ ways: ['between the parts'] }),
      editor: together({ editors: [await tokenOf(admin, editor.namespace, editor.name)] }),
    },
  };
}
