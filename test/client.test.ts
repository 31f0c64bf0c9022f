import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { clientTypes, schemaFile } from '../scripts/client.ts';

describe('the typed client', () => {
  it('is the one of the OpenAPI document (make client)', async () => {
    expect(readFileSync(schemaFile, 'utf8') === (await clientTypes()), 'run `make client`').to.equal(true);
  });
});
