/**
 * Issues X.509 certificates: Twofold's own root, and leaves below it. Belongs to no zone;
 * docs/design.md#certificates.
 *
 * | Field | Root | Leaf |
 * |---|---|---|
 * | serialNumber | 16 random octets, positive | the same |
 * | issuer, subject | CN alone | CN alone |
 * | validity | from 5 minutes ago | the same; never beyond the root's end |
 * | basicConstraints | critical, CA, path length 0 | critical, not a CA |
 * | keyUsage | critical, keyCertSign and cRLSign | critical, digitalSignature |
 * | extendedKeyUsage | none | serverAuth or clientAuth, never both |
 * | subjectKeyIdentifier | SHA-1 of the RSA key | the same |
 * | authorityKeyIdentifier | its own | the root's |
 * | subjectAltName | none | DNS names and addresses, where there are any |
 * | signature | SHA-256 with RSA-2048 | the same |
 */
import { createHash, generateKeyPair, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';

export const DAY_MS = 24 * 60 * 60 * 1000;
const NOT_BEFORE_LEEWAY_MS = 5 * 60 * 1000;
const COMMON_NAME = /^[A-Za-z0-9 ._-]{1,64}$/;
const DNS_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
const ALT_NAME_DNS = 2;
const ALT_NAME_IP = 7;

export type Usage = 'server' | 'client';

/** A certificate and its private key: as text to be written, and as objects to be used. */
export interface Issued {
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
  readonly key: KeyObject;
  readonly keyPem: string;
}

/** What signs: a root's certificate, and its private key. */
export type Signer = Pick<Issued, 'certificate' | 'key'>;

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Where key pairs come from: RSA, the one kind that node-forge can put into a certificate. */
export type KeyPairSource = () => Promise<KeyPair>;

interface RootRequest {
  readonly commonName: string;
  readonly now: Date;
  readonly validDays: number;
  readonly newKeyPair?: KeyPairSource | undefined;
}

export interface LeafRequest extends RootRequest {
  readonly root: Signer;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly usage: Usage;
}

interface Draft {
  readonly commonName: string;
  readonly issuerName: string;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly object[];
}

const generate = promisify(generateKeyPair);

/** A new RSA-2048 key pair, made off the event loop: ask for several at once. */
export const newRsaKeyPair: KeyPairSource = () => generate('rsa', { modulusLength: 2048 });

/** Whether the text can stand in a certificate as a DNS name: lower case, no wildcard, no trailing dot. */
export function isDnsName(text: string): boolean {
  return DNS_NAME.test(text) && isIP(text) === 0;
}

/** Makes a key pair and a self-signed root. Throws on a common name that could not be read back. */
export async function createRoot({
  commonName,
  now,
  validDays,
  newKeyPair = newRsaKeyPair,
}: RootRequest): Promise<Issued> {
  const { publicKey, privateKey } = await newKeyPair();
  const draft = {
    commonName,
    issuerName: commonName,
    publicKey,
    ...validity(now, validDays),
    extensions: [
      { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
      { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
      { name: 'subjectKeyIdentifier' },
      { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(publicKey) },
    ],
  };
  return issued(draft, privateKey, privateKey);
}

/**
 * Makes a key pair and a leaf below the root. Throws on a name that cannot stand in a certificate,
 * and where the root is not valid at `now`: such a leaf would verify nowhere.
 */
export async function issueLeaf(request: LeafRequest): Promise<Issued> {
  const {
    root,
    commonName,
    dnsNames,
    ipAddresses,
    usage,
    now,
    validDays,
    newKeyPair = newRsaKeyPair,
  } = request;
  const wrong = [
    ...dnsNames.filter((name) => !isDnsName(name)),
    ...ipAddresses.filter((ip) => isIP(ip) === 0),
  ];
  if (wrong.length > 0) throw new RangeError(`not a DNS name or an IP address: ${wrong.join(', ')}`);
  const rootEnd = new Date(root.certificate.validTo);
  if (rootEnd <= now) throw new RangeError(`the root expired at ${rootEnd.toISOString()}`);

  const { publicKey, privateKey } = await newKeyPair();
  const { notBefore, notAfter } = validity(now, validDays);
  const altNames = [
    ...dnsNames.map((value) => ({ type: ALT_NAME_DNS, value })),
    ...ipAddresses.map((ip) => ({ type: ALT_NAME_IP, ip })),
  ];
  const draft = {
    commonName,
    issuerName: commonNameOf(root.certificate),
    publicKey,
    notBefore,
    notAfter: notAfter < rootEnd ? notAfter : rootEnd,
    extensions: [
      { name: 'basicConstraints', critical: true, cA: false },
      { name: 'keyUsage', critical: true, digitalSignature: true },
      { name: 'extKeyUsage', ...(usage === 'server' ? { serverAuth: true } : { clientAuth: true }) },
      { name: 'subjectKeyIdentifier' },
      { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(root.certificate.publicKey) },
      ...(altNames.length > 0 ? [{ name: 'subjectAltName', altNames }] : []),
    ],
  };
  return issued(draft, privateKey, root.key);
}

/** The common name of a certificate that was issued here. Throws on any other subject. */
function commonNameOf(certificate: X509Certificate): string {
  const name = certificate.subject.startsWith('CN=') ? certificate.subject.slice(3) : '';
  if (!COMMON_NAME.test(name))
    throw new RangeError('not a Twofold certificate: its subject is not a plain CN');
  return name;
}

function issued(draft: Draft, key: KeyObject, signingKey: KeyObject): Issued {
  const certificate = new X509Certificate(encodeSigned(draft, signingKey));
  return {
    certificate,
    certificatePem: certificate.toString(),
    key,
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function encodeSigned(draft: Draft, signingKey: KeyObject): Buffer {
  if (!COMMON_NAME.test(draft.commonName))
    throw new RangeError('common name: 1 to 64 of A-Z a-z 0-9 space . _ -');
  const certificate = forge.pki.createCertificate();
  const spki = draft.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  certificate.publicKey = forge.pki.publicKeyFromPem(spki);
  certificate.serialNumber = newSerial();
  certificate.validity = { notBefore: draft.notBefore, notAfter: draft.notAfter };
  certificate.setSubject([{ name: 'commonName', value: draft.commonName }]);
  certificate.setIssuer([{ name: 'commonName', value: draft.issuerName }]);
  certificate.setExtensions([...draft.extensions]);
  // node:crypto signs, so that no private key is ever a number in JavaScript: forge only calls sign().
  const signer = {
    sign: () => sign('sha256', toDer(certificate.tbsCertificate), signingKey).toString('latin1'),
  };
  // as: forge's type lists the key's numbers too, which its certificate code does not read.
  certificate.sign(signer as unknown as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
  return toDer(forge.pki.certificateToAsn1(certificate));
}

function validity(now: Date, validDays: number): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - NOT_BEFORE_LEEWAY_MS),
    notAfter: new Date(now.getTime() + validDays * DAY_MS),
  };
}

/** The first octet stays between 0x40 and 0x7f: positive, and the shortest DER encoding at full length. */
function newSerial(): string {
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0);
  return serial.toString('hex');
}

/** RFC 5280, 4.2.1.2, method 1. A name for a key, not a proof: SHA-1 is what every verifier expects here. */
function keyIdentifier(publicKey: KeyObject): string {
  return createHash('sha1')
    .update(publicKey.export({ type: 'pkcs1', format: 'der' }))
    .digest()
    .toString('latin1');
}

function toDer(node: forge.asn1.Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(node).getBytes(), 'latin1');
}
