import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every file of the repository, except what is built or installed. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return /^(\..*|node_modules|dist)$/.test(entry.name) && entry.name !== '.github' ? [] : filesBelow(path);
  });
}

interface Manager {
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings?: readonly string[];
}

interface BotFile extends Readonly<Record<string, unknown>> {
  readonly enabledManagers: readonly string[];
  readonly customManagers: readonly Manager[];
  readonly packageRules: readonly { readonly matchFileNames?: readonly string[] }[];
}

/** The bot's manager of each kind of manifest. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^package\.json$/, 'npm'],
  [/^requirements.*\.txt$/, 'pip_requirements'],
  [/^pyproject\.toml$/, 'pep621'],
  [/^go\.mod$/, 'gomod'],
  [/(Container|Docker)file/, 'dockerfile'],
];

describe('dependencies', () => {
  const files = filesBelow('.');
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const bot = JSON.parse(read('renovate.json')) as BotFile; // ours
  const matches = ({ managerFilePatterns }: Manager, file: string): boolean =>
    managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file));
  const isRead = (manager: string, file: string): boolean =>
    bot.enabledManagers.includes(manager) && matches(bot[manager] as Manager, file);

  it('are kept current by renovate.json in every manifest', () => {
    const manifests = files.flatMap((file) =>
      kinds.filter(([name]) => name.test(basename(file))).map(([, manager]) => ({ file, manager })),
    );
    expect(new Set(manifests.map(({ manager }) => manager))).to.have.property('size', kinds.length);
    expect(manifests.filter(({ file, manager }) => !isRead(manager, file))).to.deep.equal([]);
    // What a preset or this list skips would be missed silently.
    expect(bot)
      .to.deep.include({ ignorePaths: ['**/node_modules/**'] })
      .and.not.have.property('extends');
  });

  it('are kept current where a script pins them', () => {
    for (const manager of bot.customManagers) {
      const found = files.filter((file) => matches(manager, file));
      expect(found, manager.managerFilePatterns.join()).to.have.length(1);
      for (const text of manager.matchStrings ?? [])
        expect(new RegExp(text).exec(read(found[0]!))?.groups, text).to.have.property('currentValue');
    }
  });

  it('have rules for files that exist', () => {
    const named = bot.packageRules.flatMap(({ matchFileNames = [] }) => matchFileNames);
    expect(files).to.include.members(named);
  });

  it('are installed by a forge only to run .ci/run, with the forge’s own actions pinned by hash', () => {
    const workflows = files.filter((file) => file.startsWith('.github/workflows/'));
    expect(workflows).to.deep.equal(['.github/workflows/ci.yml']);
    expect(isRead('github-actions', workflows[0]!)).to.equal(true);
    const { permissions, jobs } = parse(read(workflows[0]!)) as {
      permissions: unknown;
      jobs: Record<string, { 'timeout-minutes': number; steps: Record<string, unknown>[] }>;
    }; // ours
    expect(permissions).to.deep.equal({ contents: 'read' });
    expect(Object.keys(jobs)).to.deep.equal(['run']);
    const { steps, 'timeout-minutes': minutes } = jobs['run']!;
    expect(minutes).to.be.within(60, 120);
    const [checkout, ...others] = steps;
    expect(checkout?.['uses']).to.match(/^actions\/checkout@[0-9a-f]{40}$/);
    expect(others).to.deep.equal([{ run: '.ci/run' }]);
  });
});
