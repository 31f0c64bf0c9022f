/** The formats that every zone reads. */
import { decodeBase64url, decodePaddedBase64url, encodeBase64url } from '#envelope/base64url.ts';
import { utf8 } from '#envelope/bytes.ts';
import type { Verifier } from '#envelope/cipher.ts';
import { parseDotenv } from '#envelope/dotenv.ts';
import { isEnvSafe } from '#envelope/env-safe.ts';
import { parseFileMode } from '#envelope/file-mode.ts';
import { readGrant, verifyGrant } from '#envelope/grant.ts';
import { parseToken } from '#envelope/inner/layout.ts';
import { parseJson } from '#envelope/json.ts';
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
import { encodeHeader, parseEnvelope } from '#envelope/outer/layout.ts';
import { parsePlace } from '#envelope/place.ts';
import { fitsPod, isGenerateName, isNamespace, isSubdomain, parsePodPattern } from '#envelope/pod.ts';
import { parseFiles, parseVariables } from '#envelope/selection.ts';
import { verifyTicket } from '#envelope/ticket.ts';
import { parseUserKey } from '#envelope/user-key.ts';
import { valueHints } from '#envelope/value-hints.ts';
import type { Subject } from './harness.ts';
import { text } from './subject.ts';

const uuid = '0192f0c1-2b3c-7d4e-8f50-123456789abc';
const kid = parseKid('A'.repeat(43))!;
const ownerId = parseOwnerId(uuid)!;

/** Accepts every signature, so that the claims are read too. */
const verifier: Verifier = { kid, verify: () => Promise.resolve(true) };
const expected = {
  verifiers: new Map([[kid, verifier]]),
  issuer: 'https://console.example',
  audience: 'cluster',
  nowSeconds: 1_800_000_000,
};

/** A JWS of these claims, whatever they are. */
function jwsOf(typ: string, claims: string): string {
  const header = encodeBase64url(utf8(JSON.stringify({ alg: 'EdDSA', kid, typ })));
  return `${header}.${encodeBase64url(utf8(claims))}.${encodeBase64url(new Uint8Array(64))}`;
}

export const json = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  'a',
  '\\',
  '\\u0041',
  '1',
  '0',
  'e',
  '-',
  '.',
  'null',
  ' ',
];

const header = encodeHeader({
  kid,
  ownerId,
  secretId: parseSecretId(uuid)!,
  name: parseSecretName('a')!,
  version: 1,
  gen: 1,
  salt: new Uint8Array(16),
});

const place = `"iss":"https://console.example","aud":"cluster","sub":"${uuid}","ns":"n","sa":"s"`;

export const envelopeSubjects: readonly Subject[] = [
  text({
    covers: ['envelope/dotenv.ts parseDotenv'],
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
      '\u2028',
      '"',
      "'",
      '`',
      '\\',
      'z',
      'export ',
      '$',
      'é',
      '\uFEFF',
      '- BEGIN ',
      '- END ',
    ],
    starts: [['A='], ['A', '='], ['A=', '"'], ['export ', 'A='], ['- BEGIN '], ['A=', '- BEGIN ', '\n']],
    run: parseDotenv,
  }),
  text({
    covers: [
      ...['SecretName', 'VariableName', 'OwnerId', 'SecretId', 'SessionId', 'Kid', 'FilePath'].map(
        (name) => `envelope/names.ts parse${name}`,
      ),
      ...['isNamespace', 'isSubdomain', 'isGenerateName', 'parsePodPattern'].map(
        (name) => `envelope/pod.ts ${name}`,
      ),
      'envelope/file-mode.ts parseFileMode',
      'envelope/place.ts parsePlace',
      'envelope/place.ts isUsername',
    ],
    tokens: ['a', 'A', '0', '-', '.', '..', '_', '/', '*', '!', '\n'],
    run: (name) => {
      for (const parse of [parseSecretName, parseVariableName, parseOwnerId, parseSecretId, parseSessionId])
        parse(name);
      for (const parse of [parseKid, parseFilePath, isNamespace, isSubdomain, isGenerateName, parseFileMode])
        parse(name);
      parsePlace({ ns: 'n', sa: 's', name: 'p', by: name });
      const pattern = parsePodPattern(name);
      return pattern && fitsPod(pattern, { name });
    },
  }),
  text({
    covers: ['parseFiles', 'parseVariables'].map((name) => `envelope/selection.ts ${name}`),
    tokens: ['a', 'b', 'A', '=', ',', '/', 'a,', 'A=', 'a/', '.', '..', ' ', 'é'],
    starts: [
      ['a', '='],
      ['A', '='],
      ['a', ','],
    ],
    run: (selection) => [parseFiles(selection), parseVariables(selection)],
  }),
  text({
    covers: ['envelope/mount-path.ts parseMountPath'],
    tokens: ['/', '.', '..', 'a', 'lib', 'root', '.ssh', 'var', 'run', ':', '\0', 'é'],
    starts: [['/'], ['/', 'a'], ['/', 'lib']],
    run: parseMountPath,
  }),
  text({
    covers: [
      ...['decodeBase64url', 'decodePaddedBase64url'].map((name) => `envelope/base64url.ts ${name}`),
      'envelope/inner/layout.ts parseToken',
    ],
    tokens: ['A', '-', '_', '=', '.', '+', 'é', '\n', 'gAAA'],
    starts: [['gAAA']],
    run: (encoded) => {
      for (const decode of [decodeBase64url, decodePaddedBase64url, parseToken]) {
        try {
          decode(encoded, 'it');
        } catch {
          // The others run too.
        }
      }
    },
  }),
  text({
    covers: ['envelope/outer/layout.ts parseEnvelope', 'envelope/user-key.ts parseUserKey'],
    tokens: ['A', 'AAAA', '.', '=', '_', '\n'],
    starts: [[`${header}.`], [`${header}.`, 'A'.repeat(342), '.', 'A'.repeat(16), '.']],
    run: (sealed) => {
      try {
        parseUserKey({ ownerId, gen: 1, kid }, sealed);
      } catch {
        return parseEnvelope(sealed);
      }
      return undefined;
    },
  }),
  text({
    covers: ['envelope/json.ts parseJson'],
    tokens: json,
    starts: [['['], ['{"a":'], ['"']],
    run: parseJson,
  }),
  text({
    covers: ['envelope/ticket.ts verifyTicket', 'envelope/ticket.ts parseNames', 'envelope/jws.ts verifyJws'],
    tokens: [...json, '"a",', '"b"', '}}'],
    starts: [['{', place, ',', '"secrets":[']],
    run: (claims) => verifyTicket(jwsOf('twofold-ticket+jwt', claims), expected),
  }),
  text({
    covers: ['envelope/grant.ts verifyGrant', 'envelope/grant.ts readGrant', 'envelope/jws.ts readJws'],
    tokens: [...json, `{"id":"${uuid}","ver":1,"nam":"a"},`, '{"id":1},'],
    starts: [['{', place, ',', '"secrets":[']],
    run: async (claims) => {
      const grant = jwsOf('twofold-grant+jwt', claims);
      readGrant(grant);
      await verifyGrant(grant, expected);
    },
  }),
  text({
    covers: [],
    tokens: ['A', '.', '=', 'eyJ', '{', '\0', ' ', '\n', '\uFEFF'],
    starts: [[jwsOf('twofold-ticket+jwt', '{}')], [' ', jwsOf('twofold-ticket+jwt', '{}')]],
    run: (jws) => verifyTicket(jws, expected),
  }),
  text({
    covers: ['envelope/env-safe.ts isEnvSafe'],
    tokens: ['a', '\n', '\0', "'", '\r', 'é', '\uD800', '€'],
    run: (value) => isEnvSafe(Buffer.from(value)),
  }),
  text({
    covers: ['envelope/value-hints.ts valueHints'],
    tokens: ['a', 'A=', ' ', '\t', '\n', '\r', '"', '“', '\u200D', 'é', '-----BEGIN PRIVATE KEY-----', '€'],
    run: (value) => valueHints(Buffer.from(value)),
  }),
];
