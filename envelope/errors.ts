/** The one error class of the envelope formats. No zone; docs/design.md#layers. */

/**
 * `malformed`: the bytes are not in the format at all; says which part, never shows it.
 * `unknown_key`: well-formed, but sealed to a key id that the opener does not hold.
 * `not_authentic`: every cryptographic failure, whatever its reason, so that no caller can tell one from another.
 */
type EnvelopeErrorCode = 'malformed' | 'unknown_key' | 'not_authentic';

export class EnvelopeError extends Error {
  readonly code: EnvelopeErrorCode;

  constructor(code: EnvelopeErrorCode, message: string) {
    super(message);
    this.name = 'EnvelopeError';
    this.code = code;
  }
}

export function malformed(what: string): EnvelopeError {
  return new EnvelopeError('malformed', what);
}

export function notAuthentic(): EnvelopeError {
  return new EnvelopeError('not_authentic', 'the message is not authentic under this key');
}
