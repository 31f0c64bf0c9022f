import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { annotations } from '#envelope/annotations.ts';
import { withCliReference } from '../scripts/cli-docs.ts';
import { configurationReference } from '../scripts/docs.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

describe('the documentation', () => {
  it('has the settings that the services parse (make docs)', () => {
    expect(read('docs/configuration.md')).to.equal(configurationReference());
  });

  it('has the commands, options and exit codes of the command line (make docs)', () => {
    expect(read('docs/cli.md')).to.equal(withCliReference(read('docs/cli.md')));
  });

  it('has every annotation in the README', () => {
    for (const name of Object.values(annotations)) expect(read('README.md')).to.contain(`\`${name}\``);
  });
});
