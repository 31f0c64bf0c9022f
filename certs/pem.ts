/**
 * Reads Twofold's own certificates and keys back, strictly: damage by a kill or a disk must show;
 * docs/design.md#certificates.
 */
import { createPrivateKey, sign, verify, X509Certificate, type KeyObject } from 'node:crypto';

const PROBE = Buffer.from('does this key belong to that certificate?');

/** Undefined unless the text is exactly what Twofold would write. */
export function parseCertificate(text: string): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(text);
    return certificate.toString() === text ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined unless the text is exactly what Twofold would write. */
export function parsePrivateKey(text: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(text);
    return key.export({ type: 'pkcs8', format: 'pem' }) === text ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the key belongs to the certificate and works: the public half alone may be intact in a damaged key. */
export function isKeyOf({ publicKey }: X509Certificate, key: KeyObject): boolean {
  try {
    return verify('sha256', PROBE, publicKey, sign('sha256', PROBE, key));
  } catch {
    return false;
  }
}
