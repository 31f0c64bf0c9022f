/**
 * One leaf on disk: a folder with `tls.crt`, `tls.key` and `ca.crt`, as in a Secret of type kubernetes.io/tls.
 * Anything wrong with a leaf is fixed by a new one. Belongs to no zone; docs/design.md#certificates.
 */
import type { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent, replaceTogether, sweep } from './atomic-files.ts';
import { issueLeaf, type Issued, type KeyPairSource, type Signer, type Usage } from './issue.ts';
import { isKeyOf, parseCertificate, parsePrivateKey } from './pem.ts';
import { leafNames, type LeafNames, type LeafPlan } from './plan.ts';

const LEAF_VALID_DAYS = 90;
const RENEW_BELOW = 1 / 3;
const USAGE_OIDS: Readonly<Record<Usage, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
};

/** A leaf as it was found. */
interface StoredLeaf {
  readonly certificate: X509Certificate;
  readonly keyPem: string;
  readonly bundle: string | undefined;
}

/** What a leaf should be. */
interface LeafTarget {
  readonly dir: string;
  readonly plan: LeafPlan;
  /** Names in addition to the planned ones; absent: those that the leaf has now, if it can be read. */
  readonly extraNames: readonly string[] | undefined;
  readonly signer: Signer;
  readonly bundle: string;
  readonly now: Date;
  readonly newKeyPair: KeyPairSource | undefined;
}

export interface LeafResult {
  readonly plan: LeafPlan;
  /** `issued`: a new key and certificate; `bundle`: the same key with other trusted roots; `kept`: untouched. */
  readonly action: 'kept' | 'bundle' | 'issued';
  /** Why it was issued; empty otherwise. */
  readonly reason: string;
  readonly names: readonly string[];
  readonly notAfter: Date;
}

/** Reads a leaf; returns a sentence instead if it is missing or damaged. */
export async function readLeaf(dir: string, { folder }: LeafPlan): Promise<StoredLeaf | string> {
  const [certificatePem, keyPem, bundle] = await Promise.all(
    ['tls.crt', 'tls.key', 'ca.crt'].map((name) => readIfPresent(join(dir, folder, name))),
  );
  if (typeof certificatePem !== 'string') return 'tls.crt is missing';
  if (typeof keyPem !== 'string') return 'tls.key is missing';
  const certificate = parseCertificate(certificatePem);
  if (certificate === undefined) return 'tls.crt is damaged';
  const key = parsePrivateKey(keyPem);
  if (key === undefined) return 'tls.key is damaged';
  if (!isKeyOf(certificate, key)) return 'tls.key does not belong to tls.crt';
  return { certificate, keyPem, bundle: bundle ?? undefined };
}

/** Makes the leaf what it should be, with no more change than that needs. */
export async function bringUpToDate(
  target: LeafTarget,
  onIssue: (reason: string) => void,
): Promise<LeafResult> {
  const { dir, plan, signer, bundle, now, newKeyPair } = target;
  const found = await readLeaf(dir, plan);
  const extraNames =
    target.extraNames ?? (typeof found === 'string' ? [] : extraNamesOf(found.certificate, plan));
  const names = leafNames(plan, extraNames);
  const reason = typeof found === 'string' ? found : staleness(found.certificate, plan, names, signer, now);
  const folder = join(dir, plan.folder);
  await mkdir(folder, { recursive: true });
  await sweep(folder, now, () => false);
  if (typeof found === 'string' || reason !== undefined) {
    const leaf = await issueLeaf({
      ...plan,
      ...names,
      root: signer,
      now,
      validDays: LEAF_VALID_DAYS,
      newKeyPair,
    });
    await write(folder, leaf, bundle);
    onIssue(reason ?? '');
    return result(plan, 'issued', leaf.certificate, reason ?? '');
  }
  if (found.bundle === bundle) return result(plan, 'kept', found.certificate);
  await write(folder, { certificatePem: found.certificate.toString(), keyPem: found.keyPem }, bundle);
  return result(plan, 'bundle', found.certificate);
}

/** The names in a Twofold certificate, as a caller would write them. */
export function namesOf({ subjectAltName }: X509Certificate): string[] {
  if (subjectAltName === undefined) return [];
  return subjectAltName.split(', ').map((entry) => entry.replace(/^(?:DNS|IP Address):/, ''));
}

/** Whether less than a third of a certificate's life is left, or it has not begun. */
export function isDue({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return now.getTime() < from || to - now.getTime() < (to - from) * RENEW_BELOW;
}

function staleness(
  certificate: X509Certificate,
  plan: LeafPlan,
  names: LeafNames,
  { certificate: root }: Signer,
  now: Date,
): string | undefined {
  if (!certificate.checkIssued(root) || !certificate.verify(root.publicKey))
    return 'it is not from the active root';
  if (isDue(certificate, now)) return 'less than a third of its life is left';
  const sameUsage = certificate.keyUsage.join() === USAGE_OIDS[plan.usage];
  if (!sameUsage || certificate.subject !== `CN=${plan.commonName}`) return 'it is for another use';
  return hasExactly(certificate, names) ? undefined : 'its names have changed';
}

function hasExactly(certificate: X509Certificate, { dnsNames, ipAddresses }: LeafNames): boolean {
  return (
    namesOf(certificate).length === dnsNames.length + ipAddresses.length &&
    dnsNames.every((name) => certificate.checkHost(name, { subject: 'never' }) !== undefined) &&
    ipAddresses.every((ip) => certificate.checkIP(ip) !== undefined)
  );
}

function extraNamesOf(certificate: X509Certificate, { dnsNames }: LeafPlan): string[] {
  return namesOf(certificate).filter((name) => !dnsNames.includes(name));
}

async function write(
  folder: string,
  { certificatePem, keyPem }: Pick<Issued, 'certificatePem' | 'keyPem'>,
  bundle: string,
): Promise<void> {
  await replaceTogether(folder, {
    'tls.crt': { text: certificatePem, mode: 0o644 },
    'tls.key': { text: keyPem, mode: 0o600 },
    'ca.crt': { text: bundle, mode: 0o644 },
  });
}

function result(
  plan: LeafPlan,
  action: LeafResult['action'],
  certificate: X509Certificate,
  reason = '',
): LeafResult {
  return { plan, action, reason, names: namesOf(certificate), notAfter: new Date(certificate.validTo) };
}
