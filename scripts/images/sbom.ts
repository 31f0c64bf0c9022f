/**
 * The bill of materials of an image, CycloneDX 1.5: from npm's listing of everything installed, what the bundle's metafile
 * lists, and what is below the bundle. It contains no time and no random number: the same image, the same bill. Pure.
 */
import type { Metafile } from 'esbuild';
import type { SystemPackage } from './base.ts';

export interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly [more: string]: unknown;
}

export interface Sbom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly version: number;
  readonly metadata: { readonly component: Component; readonly [more: string]: unknown };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/** Of package-lock.json: what is installed where. */
export interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

const MODULES = 'node_modules/';

/** `node_modules/a/node_modules/@b/c/lib/d.js` is a file of the package at `node_modules/a/node_modules/@b/c`. */
function packageFolder(file: string): string | undefined {
  const cut = file.lastIndexOf(MODULES);
  if (cut < 0) return undefined;
  const [first = '', second = ''] = file.slice(cut + MODULES.length).split('/');
  return file.slice(0, cut + MODULES.length) + (first.startsWith('@') ? `${first}/${second}` : first);
}

/** `name@version` of each package with a file in the bundle, sorted. Throws where the lock file does not have one. */
export function bundledPackages(metafile: Metafile, lock: Lock): readonly string[] {
  const folders = new Set(Object.keys(metafile.inputs).flatMap((file) => packageFolder(file) ?? []));
  const refs = [...folders].map((folder) => {
    const version = lock.packages[folder]?.version;
    if (version === undefined) throw new Error(`package-lock.json has no ${folder}: run make setup`);
    return `${folder.slice(folder.lastIndexOf(MODULES) + MODULES.length)}@${version}`;
  });
  return [...new Set(refs)].sort();
}

/** A Debian package. */
export function systemComponent({ name, version, architecture }: SystemPackage): Component {
  const [escaped, release] = [name, version].map(encodeURIComponent);
  const purl = `pkg:deb/debian/${escaped ?? ''}@${release ?? ''}?arch=${architecture}`;
  return { 'bom-ref': purl, type: 'library', name, version, purl };
}

function generic(type: string, name: string, version: string): Component {
  const purl = `pkg:generic/${name}@${encodeURIComponent(version)}`;
  return { 'bom-ref': purl, type, name, version, purl };
}

/** SQLite, compiled into the console's addon. */
export function sqliteComponent(header: string): Component {
  const version = /^#define SQLITE_VERSION\s+"([\d.]+)"$/m.exec(header)?.[1];
  if (version === undefined) throw new Error('sqlite3.h does not state its version');
  return generic('library', 'sqlite', version);
}

/** Not libraries: Node itself, its ABI numbers, and tables of data. */
const notLibraries = ['node', 'modules', 'napi', 'cldr', 'tz', 'unicode'];

/** Node, and the libraries compiled into it, by `process.versions`. */
export function nodeComponent(versions: Readonly<Record<string, string>>): Component {
  return {
    ...generic('application', 'node', versions['node'] ?? ''),
    cpe: `cpe:2.3:a:nodejs:node.js:${versions['node'] ?? ''}:*:*:*:*:*:*:*`,
    components: Object.entries(versions)
      .filter(([name, version]) => version !== '' && !notLibraries.includes(name))
      .map(([name, version]) => ({
        ...generic('library', name, version),
        'bom-ref': `node:${name}@${version}`,
      })),
  };
}

/** A base that the user chose: named without its registry; its own bill lists its content. */
export function baseComponent(base: string): Component {
  const name = base.slice(base.lastIndexOf('/') + 1);
  return { 'bom-ref': `base:${name}`, type: 'container', name };
}

export interface ImageBill {
  readonly name: string;
  readonly version: string;
  readonly metafile: Metafile;
  readonly lock: Lock;
  /** What `npm sbom` reports for the whole installation. */
  readonly installed: Sbom;
  /** What the image has besides the bundle. */
  readonly below: readonly Component[];
}

function byRef(one: Component, other: Component): number {
  return one['bom-ref'] < other['bom-ref'] ? -1 : 1;
}

/** Throws where the bundle has a package that npm's listing lacks. */
export function billOf({ name, version, metafile, lock, installed, below }: ImageBill): Sbom {
  const refs = bundledPackages(metafile, lock);
  const packages = installed.components.filter((component) => refs.includes(component['bom-ref']));
  const unknown = refs.filter((ref) => !packages.some((component) => component['bom-ref'] === ref));
  if (unknown.length > 0) throw new Error(`npm sbom does not list ${unknown.join(', ')}: run make setup`);
  const components = [...packages.map(({ externalReferences: _addresses, ...rest }) => rest), ...below];
  const top = { 'bom-ref': `${name}@${version}`, type: 'container', name, version };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { ...top, licenses: [{ license: { id: 'Apache-2.0' } }] } },
    components: components.sort(byRef),
    dependencies: [
      { ref: top['bom-ref'], dependsOn: components.map((component) => component['bom-ref']) },
      ...installed.dependencies
        .filter(({ ref }) => refs.includes(ref))
        .map(({ ref, dependsOn = [] }) => ({
          ref,
          dependsOn: dependsOn.filter((each) => refs.includes(each)),
        })),
    ],
  };
}
