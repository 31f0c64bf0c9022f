import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { consoleSettings } from '../../console/config.ts';
import { keyserviceSettings } from '../../keyservice/config.ts';
import { testFolder } from '../../test/folder.ts';
import { CONSOLE_KEY_FILES, readPublicTicketKeys, writeConsoleKeys } from './console-keys.ts';
import { DeployError } from './failure.ts';

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
function contentsOf(dir: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(join(dir, file)).isFile())
      .map((file) => [file, read(join(dir, file))]),
  );
}

async function refusal(doing: () => unknown): Promise<string> {
  try {
    await doing();
  } catch (error) {
    if (error instanceof DeployError) return `${error.message} → ${error.next}`;
    throw error;
  }
  throw new Error('it was not refused');
}

const main = fileURLToPath(new URL('main.ts', import.meta.url));
/** As `make keys DIR=…` calls it. */
function makeKeys(dir: string): Promise<{ code: unknown; printed: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'keys', '--dir', dir], (error, out, err) =>
      resolve({ code: error?.code ?? 0, printed: out + err }),
    );
  });
}

describe('make keys', function () {
  this.timeout(60_000);
  let dir: string;
  beforeEach(() => {
    dir = testFolder('keys');
  });

  it('makes the console’s four keys, which only their owner reads, and the public half of one', async () => {
    const folder = join(dir, 'new', 'keys');
    const { code, printed } = await makeKeys(folder);
    expect(code, printed).to.equal(0);
    expect(Object.keys(contentsOf(folder))).to.have.members([...CONSOLE_KEY_FILES, 'public/ticket.json']);
    for (const file of CONSOLE_KEY_FILES) {
      expect(statSync(join(folder, file)).mode & 0o777, file).to.equal(0o600);
      expect(printed, 'no key is printed').not.to.include(
        /"[kd]":"([^"]+)"/.exec(read(join(folder, file)))?.[1],
      );
    }
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
  });

  it('says what is missing without a folder', async () => {
    const { code, printed } = await makeKeys('');
    expect(code).to.equal(1);
    expect(printed).to.include('DIR is missing').and.to.include('Next: DIR=folder');
  });

  it('makes what console and keyservice read, each key a different one', async () => {
    await writeConsoleKeys(dir);
    const { atRestKeys, ticketKeys, cookieKeys, recordKeys } = consoleSettings;
    const readFile = (file: string): Promise<string> => Promise.resolve(read(file));
    const { signer } = await ticketKeys.parse(join(dir, 'ticket.json'), readFile);
    const kids = [
      (await atRestKeys.parse(join(dir, 'at-rest.json'), readFile)).newest.kid,
      (await cookieKeys.parse(join(dir, 'cookie.json'), readFile))[0].kid,
      (await recordKeys.parse(join(dir, 'record.json'), readFile))[0].kid,
      signer.kid,
    ];
    expect(new Set(kids).size).to.equal(4);
    const verifiers = await keyserviceSettings.ticketKeys.parse(join(dir, 'public/ticket.json'), readFile);
    expect(verifiers.map(({ kid }) => kid)).to.deep.equal([signer.kid]);
  });

  it('changes nothing that exists, however often it runs', async () => {
    await writeConsoleKeys(dir);
    const before = contentsOf(dir);
    expect(await writeConsoleKeys(dir)).to.equal('keys: all present, unchanged');
    expect(contentsOf(dir)).to.deep.equal(before);
  });

  it('makes none where only some exist, and names both', async () => {
    await writeConsoleKeys(dir);
    for (const missing of CONSOLE_KEY_FILES) {
      const part = testFolder('keys');
      cpSync(dir, part, { recursive: true });
      rmSync(join(part, missing));
      const before = contentsOf(part);
      expect(await refusal(() => writeConsoleKeys(part)))
        .to.include(`but not ${missing}`)
        .and.to.include('your vault');
      expect(contentsOf(part), missing).to.deep.equal(before);
    }
  });

  it('makes none where only the public half remains: the others are in a vault', async () => {
    await writeConsoleKeys(dir);
    for (const file of CONSOLE_KEY_FILES) rmSync(join(dir, file));
    expect(await refusal(() => writeConsoleKeys(dir))).to.include('public/ticket.json');
    expect(readdirSync(dir)).to.deep.equal(['public']);
  });

  it('leaves nothing half-written where a file cannot be written', async () => {
    writeFileSync(join(dir, 'public'), 'not a folder');
    expect(await refusal(() => writeConsoleKeys(dir))).to.include('cannot be written');
    expect(readdirSync(dir)).to.deep.equal(['public']);
  });

  it('writes the public half again where it is gone, and refuses one of another key', async () => {
    await writeConsoleKeys(dir);
    const file = join(dir, 'public/ticket.json');
    const before = read(file);
    rmSync(join(dir, 'public'), { recursive: true });
    expect(await writeConsoleKeys(dir)).to.include('wrote the public half');
    expect(read(file)).to.equal(before);
    const other = testFolder('keys');
    await writeConsoleKeys(other);
    cpSync(join(other, 'public/ticket.json'), file);
    expect(await refusal(() => writeConsoleKeys(dir))).to.include('is not the public half of');
  });

  it('names the file that is not a key, and quotes none of its content', async () => {
    await writeConsoleKeys(dir);
    for (const content of [
      'hunter2',
      '{}',
      '{"keys":[]}',
      '{"keys":[{"kty":"oct","k":"hunter2"}]}',
      'null',
    ]) {
      writeFileSync(join(dir, 'ticket.json'), content);
      const said = await refusal(() => writeConsoleKeys(dir));
      expect(said).to.include('ticket.json is not a JWK set of Ed25519 keys').and.not.to.include('hunter2');
    }
  });
});

describe('the public half that a deployment reads', () => {
  let dir: string;
  beforeEach(async () => {
    dir = testFolder('keys');
    await writeConsoleKeys(dir);
  });

  it('is all that the deploying machine needs', () => {
    for (const file of CONSOLE_KEY_FILES) rmSync(join(dir, file));
    expect(readPublicTicketKeys(dir).keys).to.have.length(1);
  });

  it('is refused where it is missing, where it is private, and where it is not a key', async () => {
    const file = join(dir, 'public/ticket.json');
    cpSync(join(dir, 'ticket.json'), file);
    expect(await refusal(() => readPublicTicketKeys(dir))).to.include('holds a private key');
    writeFileSync(file, '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"short"}]}');
    expect(await refusal(() => readPublicTicketKeys(dir))).to.include('is not a JWK set');
    rmSync(file);
    mkdirSync(join(dir, 'empty'));
    expect(existsSync(join(dir, 'ticket.json')), 'not read in its place').to.equal(true);
    for (const folder of [dir, join(dir, 'empty')])
      expect(await refusal(() => readPublicTicketKeys(folder))).to.include('there is no ');
  });
});
