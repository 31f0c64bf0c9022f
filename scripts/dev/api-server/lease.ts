/**
 * What Kubernetes asks of Leases. Development tool, no zone.
 */

import { objectAt, type ApiObject } from './object.ts';
import { cause, type Cause } from './status.ts';

export function leaseCauses(lease: ApiObject): Cause[] {
  const spec = objectAt(lease, 'spec');
  const causes: Cause[] = [];
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec;
  if (typeof duration === 'number' && duration <= 0) {
    causes.push(cause.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  if (typeof transitions === 'number' && transitions < 0) {
    causes.push(cause.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
  }
  return causes;
}
