/** The formats that every zone reads: what is not exactly what was signed or sealed is refused, and nothing else happens. */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { annotationRows, parseAnnotations, parseInitValues } from '#envelope/annotation-values.ts';
import {
  decodeBase64url,
  decodePaddedBase64url,
  encodeBase64url,
  encodePaddedBase64url,
} from '#envelope/base64url.ts';
import { utf8 } from '#envelope/bytes.ts';
import { byKid, type Verifier } from '#envelope/cipher.ts';
import { parseDotenv } from '#envelope/dotenv.ts';
import { isEnvSafe } from '#envelope/env-safe.ts';
import { EnvelopeError } from '#envelope/errors.ts';
import { parseFileMode } from '#envelope/file-mode.ts';
import { GRANT_ISSUER, readGrant, signGrant, verifyGrant } from '#envelope/grant.ts';
import { isJsonObject, parseJson } from '#envelope/json.ts';
import { openInner } from '#envelope/inner/open.ts';
import { sealInner } from '#envelope/inner/seal.ts';
import { parseMountPath } from '#envelope/mount-path.ts';
import {
  parseFilePath,
  parseKid,
  parseOwnerId,
  parseSecretId,
  parseSecretName,
  parseSessionId,
  parseVariableName,
} from '#envelope/names.ts';
import { ed25519Signer, ed25519Verifier, keyEncryptionKey, nodeCipher } from '#envelope/node-cipher.ts';
import { rsaIdentity, rsaPrivateKey } from '#envelope/node-private.ts';
import { encodeHeader, parseEnvelope } from '#envelope/outer/layout.ts';
import { openOuter } from '#envelope/outer/open.ts';
import { isUsername, parsePlace, placeMembers } from '#envelope/place.ts';
import { fitsPod, isGenerateName, isNamespace, isSubdomain, parsePodPattern } from '#envelope/pod.ts';
import {
  encodeFiles,
  encodeVariables,
  parseFileList,
  parseFiles,
  parseVariableList,
  parseVariables,
} from '#envelope/selection.ts';
import { parseNames, verifyTicket } from '#envelope/ticket.ts';
import { openUserKey, parseUserKey, sealUserKey } from '#envelope/user-key.ts';
import {
  CLUSTER,
  createMaterial,
  ISSUER,
  ownerId,
  place,
  secretId,
  sessionId,
} from '../../keyservice/testing/material.ts';
import { ed25519Pair, octJwk } from '../keys.ts';
import { demand, type Subject } from './harness.ts';
import { textOf } from './members.ts';
import { dictionaryOf, mutateJson, mutateText, type Json } from './mutate.ts';
import type { Random } from './random.ts';
import { textSubject } from './text.ts';

const material = createMaterial();
const strangers = ed25519Pair();

const tickets = await Promise.all([
  material.ticket(['a']),
  material.ticket(['db-password', 'aws-key', 'A.b_c'], { pod: parsePodPattern('nb-*')!, uses: 3 }),
  material.ticket(Array.from({ length: 256 }, (_, at) => `secret-${at}`)),
]);
const owner = material.owner;
const grantClaims = {
  iss: GRANT_ISSUER,
  aud: CLUSTER,
  jti: secretId(),
  sub: owner,
  place,
  sid: sessionId(),
  secrets: [{ own: owner, id: secretId(), ver: 1, nam: parseSecretName('a')! }],
  exp: 2_000_000_000,
};
const grants = await Promise.all([
  signGrant(ed25519Signer(material.grantKey.privateJwk), grantClaims),
  signGrant(ed25519Signer(material.grantKey.privateJwk), { ...grantClaims, pod: parsePodPattern('nb-*')! }),
]);
const foreign = await signGrant(ed25519Signer(strangers.privateJwk), grantClaims);

const jwsTokens = [
  '.',
  '=',
  'A',
  'eyJ',
  'e30',
  'bnVsbA',
  '-',
  '_',
  ...tickets[0].split('.'),
  ...foreign.split('.'),
];
const expected = { issuer: ISSUER, audience: CLUSTER, nowSeconds: Math.floor(Date.now() / 1000) };
const ticketKeys = byKid([ed25519Verifier(material.ticketKey.publicJwk)]);
const grantKeys = byKid([ed25519Verifier(material.grantKey.publicJwk)]);

/** Takes every signature, so that the claims are read too. */
const believing: Verifier = { kid: parseKid('A'.repeat(43))!, verify: () => Promise.resolve(true) };
const believed = { ...expected, verifiers: byKid([believing]) };

function jwsOf(typ: string, claims: string): string {
  const header = encodeBase64url(utf8(JSON.stringify({ alg: 'EdDSA', kid: believing.kid, typ })));
  return `${header}.${encodeBase64url(utf8(claims))}.${encodeBase64url(new Uint8Array(64))}`;
}

function claimsOf(jws: string): Json {
  return JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as Json;
}

/** JSON of a corpus, changed as JSON and sometimes as text. */
function jsonFrom(corpus: readonly Json[]): (random: Random) => Json {
  const dictionary = dictionaryOf(corpus, ['nb-*', '..', '*', 'a', '-']);
  return (random) => {
    const claims = JSON.parse(JSON.stringify(random.pick(corpus))) as Json;
    mutateJson(random, claims, dictionary);
    const text = JSON.stringify(claims);
    return random.chance(0.1) ? mutateText(random, text) : text;
  };
}

const envelopes = await Promise.all([
  material.seal('a'),
  material.seal('db-password', { token: 'x'.repeat(5_000), version: 7 }),
]);
const identities = byKid(
  material.envelopeKeys.map(({ privateJwk }) => rsaIdentity(rsaPrivateKey(privateJwk))),
);
const innerKey = nodeCipher.random(32);
const plaintexts = ['a', 'value of b', 'x'.repeat(3_000)];
const tokens = await Promise.all(
  plaintexts.map((text) =>
    sealInner(nodeCipher, { key: innerKey, plaintext: utf8(text), nowSeconds: 1_800_000_000 }),
  ),
);
const atRest = keyEncryptionKey(octJwk());
const userKeyId = { ownerId: owner, gen: 1, kid: atRest.kid };
const userKeys = [await sealUserKey(nodeCipher, atRest, userKeyId, nodeCipher.random(32))];

const header = encodeHeader({
  kid: parseKid('A'.repeat(43))!,
  ownerId: ownerId(),
  secretId: secretId(),
  name: parseSecretName('a')!,
  version: 1,
  gen: 1,
  salt: new Uint8Array(16),
});

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/fernet/invalid.json', import.meta.url), 'utf8'),
) as { token: string }[];

function only(corpus: readonly string[], text: string, what: string): void {
  demand(corpus.includes(text), 'forged', () => `${what} was taken that nobody made`);
}

const selections = ['a', 'db-password,aws-key=aws/credentials', 'a=f/g,a=f/h,b=x', 'ca.crt,A_b-c.d=.ssh/id'];
const variables = ['A=a', 'PGPASSWORD=db-password,B=a', '_x=a,Y=b,Z=a'];

const names = [
  'a',
  'db-password',
  'n'.repeat(253),
  '.x',
  'A_b-c.d',
  owner,
  sessionId(),
  believing.kid,
  'aws/credentials',
  'nb-*',
  'sessions',
  'a.b.c',
  '0400',
  '444',
];

export const formatSubjects: readonly Subject[] = [
  textSubject({
    name: 'tickets as text',
    covers: ['envelope/jws.ts verifyJws', 'envelope/ticket.ts verifyTicket'],
    corpus: [...tickets, ...grants],
    tokens: jwsTokens,
    run: async (text) => {
      const verified = await verifyTicket(text, { ...expected, verifiers: ticketKeys });
      if (verified.ok) only(tickets, text.trim(), 'a ticket');
    },
  }),
  {
    name: 'tickets as claims',
    covers: ['envelope/ticket.ts verifyTicket', 'envelope/ticket.ts parseNames'],
    make: jsonFrom(tickets.map(claimsOf)),
    run: async (claims) => {
      const verified = await verifyTicket(jwsOf('twofold-ticket+jwt', textOf(claims)), believed);
      if (!verified.ok) return;
      const { sub, secrets, ns, sa } = verified.value;
      const sound = parseOwnerId(sub) && parseNames(secrets) && isNamespace(ns) && isSubdomain(sa);
      demand(Boolean(sound), 'claims', () => JSON.stringify(verified.value));
    },
  },
  textSubject({
    name: 'grants as text',
    covers: ['envelope/grant.ts verifyGrant', 'envelope/grant.ts readGrant', 'envelope/jws.ts readJws'],
    corpus: [...grants, ...tickets, foreign],
    tokens: jwsTokens,
    run: async (text) => {
      readGrant(text);
      const verified = await verifyGrant(text, { audience: CLUSTER, verifiers: grantKeys });
      if (verified.ok) only(grants, text, 'a grant');
    },
  }),
  {
    name: 'grants as claims',
    covers: ['envelope/grant.ts verifyGrant', 'envelope/grant.ts readGrant', 'envelope/place.ts parsePlace'],
    make: jsonFrom(grants.map(claimsOf)),
    run: async (claims) => {
      const text = jwsOf('twofold-grant+jwt', textOf(claims));
      const verified = await verifyGrant(text, believed);
      const read = readGrant(text);
      if (!verified.ok) return;
      demand(isDeepStrictEqual(read, verified.value), 'claims', () => 'read otherwise than verified');
      demand(parsePlace(placeMembersOf(verified.value.place)) !== undefined, 'claims', () =>
        JSON.stringify(read),
      );
    },
  },
  textSubject({
    name: 'inner tokens',
    covers: ['envelope/inner/layout.ts parseToken', 'envelope/base64url.ts decodePaddedBase64url'],
    corpus: [...tokens, ...vectors.map(({ token }) => token)],
    tokens: ['gAAA', '=', '==', 'A', '-', '_', '+', '/'],
    refusals: [EnvelopeError],
    run: async (text) => {
      await openInner(nodeCipher, innerKey, text);
      only(tokens, text, 'a token');
    },
  }),
  textSubject({
    name: 'envelopes',
    covers: ['envelope/outer/layout.ts parseEnvelope'],
    corpus: [...envelopes, `${header}.${'A'.repeat(342)}.${'A'.repeat(16)}.AAAA.${'A'.repeat(22)}`],
    tokens: ['.', 'A', 'AAAA', '=', '_', 'eyJ', header],
    refusals: [EnvelopeError],
    run: async (text) => {
      const parts = parseEnvelope(text);
      const [head = ''] = text.split('.');
      demand(encodeHeader(parts.header) === head, 'header', () => head);
      await openOuter(nodeCipher, identities, parts);
      only(envelopes, text, 'an envelope');
    },
  }),
  textSubject({
    name: 'user keys at rest',
    covers: ['envelope/user-key.ts parseUserKey'],
    corpus: userKeys,
    tokens: ['.', '..', 'A', '=', '_'],
    refusals: [EnvelopeError],
    run: async (text) => {
      parseUserKey(userKeyId, text);
      await openUserKey(byKid([atRest]), userKeyId, text);
      only(userKeys, text, 'a user key');
    },
  }),
  textSubject({
    name: 'base64url',
    covers: ['envelope/base64url.ts decodeBase64url'],
    corpus: ['', 'AA', 'AAA', 'AAAA', 'gAAA', '-_-_', 'QQ==', 'QUE='],
    tokens: ['A', 'B', '-', '_', '=', '+', '/', 'é', '\n'],
    refusals: [EnvelopeError],
    run: (text) => {
      let plain: Uint8Array;
      try {
        plain = decodeBase64url(text, 'it');
      } catch {
        const padded = decodePaddedBase64url(text, 'it');
        demand(encodePaddedBase64url(padded) === text, 'malleable', () => text);
        return;
      }
      demand(encodeBase64url(plain) === text, 'malleable', () => text);
    },
  }),
  textSubject({
    name: '.env files',
    covers: ['envelope/dotenv.ts parseDotenv'],
    corpus: [
      'A=b\nexport C="d\\n" # e\n',
      "A='one\ntwo'\nB=`x`\n#c\n\nC= d # e",
      '\uFEFFA=b\r\nB="\\$x"\r\n',
      'A=1\nA=2\n..=x\nno assignment',
    ],
    tokens: [
      'A',
      '=',
      'A=',
      ' ',
      '\t',
      '#',
      '\n',
      '\r',
      '\r\n',
      '"',
      "'",
      '`',
      '\\',
      'export ',
      '$',
      '\uFEFF',
    ],
    run: (text) => {
      const { entries, problems } = parseDotenv(text);
      const found = entries.map(({ name }) => parseSecretName(name));
      demand(!found.includes(undefined) && new Set(found).size === found.length, 'names', () => found.join());
      const lines = text.split(/\r\n?|\n/).length;
      demand(
        [...entries, ...problems].every(({ line }) => line >= 1 && line <= lines),
        'lines',
        () => JSON.stringify(problems),
      );
    },
  }),
  textSubject({
    name: 'annotations that select',
    covers: [
      'envelope/selection.ts parseFiles',
      'envelope/selection.ts parseVariables',
      'envelope/annotation-values.ts parseAnnotations',
      'envelope/annotation-values.ts parseInitValues',
    ],
    corpus: [...selections, ...variables],
    tokens: ['a', 'b', 'A', '=', ',', '/', 'a,', 'A=', '.', '..', ' '],
    run: (text) => {
      const files = parseFiles(text);
      if (files.ok) {
        const again = parseFiles(encodeFiles(files.value));
        demand(again.ok && isDeepStrictEqual(again.value, files.value), 'encoding', () =>
          encodeFiles(files.value),
        );
        demand(
          files.value.every(({ path }) => !`/${path}/`.includes('/../')),
          'path',
          () => text,
        );
      }
      const selected = parseVariables(text);
      if (selected.ok) demand(encodeVariables(selected.value) === text, 'encoding', () => text);
      for (const { key, variable } of annotationRows) {
        parseAnnotations({ [key]: text });
        if (variable !== undefined) parseInitValues({ [variable]: text });
      }
    },
  }),
  {
    name: 'lists that select',
    covers: ['envelope/selection.ts parseFileList', 'envelope/selection.ts parseVariableList'],
    make: jsonFrom([
      [
        { name: 'a', path: 'a/b' },
        { name: 'b', path: 'c' },
      ],
      [
        { name: 'a', variable: 'A' },
        { name: 'b', variable: 'B' },
      ],
    ]),
    run: (text) => {
      const list = parseJson(textOf(text));
      const items = Array.isArray(list) ? list.filter(isJsonObject) : [];
      const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
      const files = parseFileList(
        items.map(({ name, path }) => ({ name: textIn(name), path: textIn(path) })),
      );
      if (files.ok && files.value.length > 0)
        demand(parseFiles(encodeFiles(files.value)).ok, 'encoding', () => encodeFiles(files.value));
      parseVariableList(
        items.map(({ name, variable }) => ({ name: textIn(name), variable: textIn(variable) })),
      );
    },
  },
  textSubject({
    name: 'JSON',
    covers: ['envelope/json.ts parseJson'],
    corpus: ['{"a":[1,{"b":null}]}', '[]', '"a"', '1e9', '{"__proto__":{"a":1}}'],
    tokens: ['{', '}', '[', ']', '"', ':', ',', '1', 'e', '-', '\\u', 'null'],
    run: (text) => void parseJson(text),
  }),
  textSubject({
    name: 'mount paths',
    covers: ['envelope/mount-path.ts parseMountPath', 'webhook/mount-path.ts readMountPath'],
    corpus: [
      '/secrets',
      '/home/jovyan/s',
      '/root/.ssh',
      '/run/secrets/mine',
      '/var/run/secrets/kubernetes.io/x',
      '/a b/é',
    ],
    tokens: ['/', '.', '..', 'a', 'lib', 'root', '.ssh', 'var', 'run', ':', '//', '/./'],
    run: (text) => {
      const parsed = parseMountPath(text);
      if (!parsed.ok) return;
      const again = parseMountPath(parsed.value);
      demand(again.ok && again.value === parsed.value, 'normal', () => parsed.value);
      demand(
        /^(\/[^/]+)+$/.test(parsed.value) && !`${parsed.value}/`.includes('/../'),
        'path',
        () => parsed.value,
      );
    },
  }),
  textSubject({
    name: 'names and ids',
    covers: [
      ...['SecretName', 'VariableName', 'OwnerId', 'SecretId', 'SessionId', 'Kid', 'FilePath'].map(
        (name) => `envelope/names.ts parse${name}`,
      ),
      'envelope/pod.ts parsePodPattern',
      'envelope/file-mode.ts parseFileMode',
      'envelope/place.ts parsePlace',
    ],
    corpus: names,
    tokens: ['a', 'A', '0', '-', '.', '..', '_', '/', '*', '!', '\n'],
    run: (text) => {
      for (const parse of [
        parseSecretName,
        parseVariableName,
        parseOwnerId,
        parseSecretId,
        parseSessionId,
        parseKid,
        parsePodPattern,
      ])
        demand([undefined, text].includes(parse(text)), 'name', () => text);
      demand(
        parseSecretName(text) === undefined || !/[^\x21-\x7e]|^\.\.?$|\//.test(text),
        'name',
        () => text,
      );
      const path = parseFilePath(text);
      demand(
        path === undefined || text.split('/').every((part) => parseSecretName(part)),
        'path',
        () => text,
      );
      for (const look of [isNamespace, isSubdomain, isGenerateName, isUsername]) look(text);
      const mode = parseFileMode(text);
      demand(!mode.ok || (mode.value > 0 && (mode.value & ~0o444) === 0), 'mode', () => text);
      const pattern = parsePodPattern(text);
      if (pattern) fitsPod(pattern, { name: text });
      parsePlace({ ns: 'n', sa: 's', name: 'p', by: text });
    },
  }),
  textSubject({
    name: 'values of variables',
    covers: [],
    corpus: ['value', 'a\nb', "it's", 'é\r', '€'.repeat(20_000)],
    tokens: ['a', '\n', '\0', "'", '\r', 'é', '€'],
    run: (text) => {
      const safe = isEnvSafe(Buffer.from(text));
      demand(!safe || !/[\0'\r]/.test(text), 'unsafe', () => text);
    },
  }),
];

function placeMembersOf(value: Parameters<typeof placeMembers>[0]): unknown {
  return JSON.parse(JSON.stringify(placeMembers(value)));
}
