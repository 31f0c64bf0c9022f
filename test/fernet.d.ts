/** npm's fernet has no types: these are the two classes that a cross-check needs. */
declare module 'fernet' {
  class Secret {
    constructor(base64url: string);
  }
  class Token {
    constructor(options: { secret: Secret; token: string; ttl: number });
    decode(): string;
  }
  const fernet: { readonly Secret: typeof Secret; readonly Token: typeof Token };
  export default fernet;
}
