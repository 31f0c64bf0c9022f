/** Login with a code that is typed in any browser, on any device (RFC 8628). Zone 0. */
import * as oidc from 'openid-client';
import { asking, loginOf, type Client } from './provider.ts';
import type { Login } from './logins.ts';

/** `show` tells the person where to go; resolves once they have been there. */
export async function loginByDevice(
  provider: oidc.Configuration,
  client: Client,
  { scope, show }: { readonly scope: string; readonly show: (lines: readonly string[]) => void },
): Promise<Login> {
  return asking(async () => {
    const started = await oidc.initiateDeviceAuthorization(provider, { scope });
    const whole = started.verification_uri_complete;
    show([
      `Open   ${whole ?? started.verification_uri}`,
      whole === undefined
        ? `Enter  ${started.user_code}`
        : `Check  that it shows the code ${started.user_code}`,
      `Waiting until you have (Ctrl-C gives up) …`,
    ]);
    const tokens = await oidc.pollDeviceAuthorizationGrant(provider, started);
    return loginOf(client, tokens);
  });
}
