/**
 * What a native file needs from the system that loads it, read from the output of `objdump` and `ldd`: an addon built on a
 * newer system than the image's would build here and fail there. Development tool, no zone.
 */

/** As images and nodes name them; the first is that of this machine's own tools. */
export const architectures = ['amd64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

/** EM_X86_64 and EM_AARCH64. */
const MACHINES: Readonly<Record<Architecture, number>> = { amd64: 62, arm64: 183 };

/** The program of binutils that reads files of this architecture. */
export function tool(name: 'objdump' | 'strip', architecture: Architecture): string {
  return architecture === architectures[0] ? name : `aarch64-linux-gnu-${name}`;
}

/** Versions of symbols that Debian 12 has, which both bases are: newer ones are missing in the image. */
const debian12: Readonly<Record<string, string>> = {
  GLIBC: '2.36',
  GLIBCXX: '3.4.30',
  CXXABI: '1.3.13',
  GCC: '12.0.0',
};

/** -1, 0 or 1, number by number: 2.4 is older than 2.36. */
function compareVersions(one: string, other: string): number {
  const [left, right] = [one, other].map((version) => version.split('.').map(Number));
  for (let index = 0; index < Math.max(left?.length ?? 0, right?.length ?? 0); index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/** Every `NAME_1.2.3` in the section "Version References" of `objdump -p`. */
export function versionReferences(objdump: string): readonly string[] {
  const section = objdump.split(/^Version References:$/m)[1]?.split(/^\S/m)[0] ?? '';
  return [...section.matchAll(/ ([A-Za-z]\w*_[\d.]+)$/gm)].flatMap(([, name]) => (name ? [name] : []));
}

/**
 * References that a system with these versions cannot satisfy, including unknown names. A file without any
 * reference was not parsed correctly, or is not an ELF file that uses the C library: that throws.
 */
export function unsatisfied(
  objdump: string,
  available: Readonly<Record<string, string>> = debian12,
): readonly string[] {
  const references = versionReferences(objdump);
  if (references.length === 0) throw new Error('objdump showed no version references');
  return references.filter((reference) => {
    const cut = reference.lastIndexOf('_');
    const newest = available[reference.slice(0, cut)];
    return newest === undefined || compareVersions(reference.slice(cut + 1), newest) > 0;
  });
}

/** Every `NEEDED` in the section "Dynamic Section" of `objdump -p`. */
export function neededLibraries(objdump: string): readonly string[] {
  return [...objdump.matchAll(/^ +NEEDED +(\S+)$/gm)].flatMap(([, name]) => name ?? []);
}

/** The architecture in the header of an ELF file, as images name it; undefined for any other file. */
export function architectureOf(header: Uint8Array): Architecture | 'another' | undefined {
  const isElf = Buffer.from(header.subarray(0, 4)).equals(Buffer.from('\x7fELF', 'latin1'));
  if (!isElf) return undefined;
  // e_machine; both architectures are little-endian.
  const machine = (header[18] ?? 0) + 256 * (header[19] ?? 0);
  return architectures.find((each) => MACHINES[each] === machine) ?? 'another';
}

/** Paths of the libraries that `ldd` resolved, the loader included. Throws where one is not found. */
export function libraries(ldd: string): readonly string[] {
  return ldd
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('linux-vdso'))
    .map((line) => {
      const path = /^(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/.exec(line)?.[1];
      if (path === undefined) throw new Error(`ldd says: ${line}`);
      return path;
    });
}
