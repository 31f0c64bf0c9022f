import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const MANY = 150;
const module = fileURLToPath(new URL('free-port.ts', import.meta.url));
/** Says the ports that it was given, and goes on until its standard input ends. */
const program = `
  import { freePort } from ${JSON.stringify(module)};
  console.log(JSON.stringify(await Promise.all(Array.from({ length: ${MANY} }, () => freePort()))));
  process.stdin.resume();
`;

describe('free ports', () => {
  it('are given once, to whichever of the processes that run at the same time', async () => {
    const processes = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '--eval', program], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const output = processes.map(({ stdout }) => text(stdout));
    await Promise.all(processes.map(({ stdout }) => once(stdout, 'readable')));
    for (const { stdin } of processes) stdin.end();
    const given = (await Promise.all(output)).flatMap((each) => JSON.parse(each) as number[]);
    expect(given).to.have.length(4 * MANY);
    expect(new Set(given).size).to.equal(4 * MANY);
  });
});
