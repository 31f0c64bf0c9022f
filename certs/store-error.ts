/**
 * Why a folder of certificates cannot be used as it is, and what to do. Belongs to no zone;
 * docs/design.md#certificates.
 */

const advice = {
  'not-issued': 'contains no certificates yet: run `issue` first',
  'state-lost':
    'is missing, though leaves were issued: restore it, or remove the whole folder and begin again with a new root',
  'state-damaged': 'is damaged: restore it, or remove the whole folder and begin again with a new root',
  'root-damaged':
    'is missing or damaged: restore it, or remove the whole folder and begin again with a new root',
  'root-exposed':
    'can be read by every user of this machine: `chmod 600` it, and rotate the root if it leaked',
  'root-not-yet-valid': 'is not valid yet: check the clock',
  unreadable: 'cannot be read',
} as const;

export type StoreFault = keyof typeof advice;

/** Names the file and the next step; never includes the content of the file. */
export class StoreError extends Error {
  readonly code: StoreFault;
  readonly file: string;

  constructor(code: StoreFault, file: string, options?: ErrorOptions) {
    super(`${file} ${advice[code]}`, options);
    this.name = 'StoreError';
    this.code = code;
    this.file = file;
  }
}
