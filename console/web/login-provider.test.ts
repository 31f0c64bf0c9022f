import { expect } from 'chai';
import { failureOf } from '../../test/refusal.ts';
import { ProviderUnavailable } from '../discovery.ts';
import { createLoginProvider } from './login-provider.ts';

const issuer = 'https://provider.example';

function providerThatSays(metadata: object) {
  const body = Buffer.from(JSON.stringify({ issuer, ...metadata }));
  const client = {
    call: () => Promise.resolve({ status: 200, headers: { 'content-type': 'application/json' }, body }),
  };
  return createLoginProvider(
    { client, clock: () => 0, onFailure: () => undefined },
    {
      issuer,
      clientId: 'page',
      clientSecret: undefined,
      scope: 'openid',
      redirectUri: 'https://console.example/login/callback',
      launcherClaims: [],
    },
  );
}

describe('an identity provider whose metadata name no address to go to', () => {
  for (const address of [undefined, null, 7, '', 'nowhere', 'https://']) {
    it(`gives no usable answer: ${String(address)}`, async () => {
      const provider = providerThatSays({ authorization_endpoint: address, end_session_endpoint: address });
      expect(await failureOf(provider.begin())).to.be.instanceOf(ProviderUnavailable);
      if (address !== undefined)
        expect(await failureOf(provider.endSessionUrl('https://console.example/'))).to.be.instanceOf(
          ProviderUnavailable,
        );
    });
  }
});
