/**
 * What Kubernetes asks of Secrets: defaults, limits, immutability. Development tool, no zone.
 */

import { isDeepStrictEqual } from 'node:util';

import { cause, type Cause } from '../status.ts';
import { objectAt, stringAt, type ApiObject } from './object.ts';

const maxSecretBytes = 1024 * 1024;
const dataKey = /^[-._a-zA-Z0-9]{1,253}$/;
const keyHelp =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/** Keys that some types of Secret must have. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

export function defaultSecret(secret: ApiObject): void {
  secret['type'] ??= 'Opaque';
  const text = objectAt(secret, 'stringData');
  if (Object.keys(text).length > 0) {
    const encoded = Object.entries(text).map(([key, value]) => [
      key,
      Buffer.from(String(value)).toString('base64'),
    ]);
    secret['data'] = { ...objectAt(secret, 'data'), ...Object.fromEntries(encoded) };
  }
  delete secret['stringData'];
}

export function secretCauses(secret: ApiObject): Cause[] {
  const data = Object.entries(objectAt(secret, 'data'));
  const causes = data
    .filter(([key]) => !dataKey.test(key) || key === '.' || key.startsWith('..'))
    .map(([key]) => cause.invalid(`data[${key}]`, key, keyHelp));
  const bytes = data.reduce((sum, [, value]) => sum + Buffer.byteLength(String(value), 'base64'), 0);
  if (bytes > maxSecretBytes)
    causes.push(cause.tooLong('data', `may not be more than ${maxSecretBytes} bytes`));
  for (const key of requiredKeys[stringAt(secret, 'type') ?? ''] ?? []) {
    if (!data.some(([present]) => present === key)) causes.push(cause.required(`data[${key}]`));
  }
  return causes;
}

export function secretUpdateCauses(next: ApiObject, old: ApiObject): Cause[] {
  const causes: Cause[] = [];
  const frozen = 'field is immutable when `immutable` is set';
  if (next['type'] !== old['type']) causes.push(cause.invalid('type', next['type'], 'field is immutable'));
  if (old['immutable'] !== true) return causes;
  if (next['immutable'] !== true) causes.push(cause.forbidden('immutable', frozen));
  if (!isDeepStrictEqual(objectAt(next, 'data'), objectAt(old, 'data'))) {
    causes.push(cause.forbidden('data', frozen));
  }
  return causes;
}
