/** What a deployment ends with when it cannot go on: what is wrong, then the next step. No zone. */
export class DeployError extends Error {
  /** What the person should do now. */
  readonly next: string;

  constructor(message: string, next: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DeployError';
    this.next = next;
  }
}
