/** Reads an image's archive, as `docker save` writes it. Development tool, no zone. */
import { execFileSync } from 'node:child_process';

interface ImageConfig {
  readonly architecture?: string;
  readonly created?: string;
  readonly config: {
    readonly User?: string;
    readonly Entrypoint?: readonly string[];
    readonly Env?: readonly string[];
    readonly Labels?: Readonly<Record<string, string>> | null;
  };
}

interface Archive {
  /** SHA-256 of the image's configuration, which names its layers by theirs: two images with one id are the same. */
  readonly id: string;
  readonly tags: readonly string[];
  readonly config: ImageConfig;
  /** Name of the configuration in the archive. */
  readonly configFile: string;
  /** Names of the layers in the archive, lowest first. */
  readonly layers: readonly string[];
}

function member(file: string, name: string): string {
  return execFileSync('tar', ['-xOf', file, name], { encoding: 'utf8', maxBuffer: 2 ** 24 });
}

export function readArchive(file: string): Archive {
  // The archive's format.
  const [image] = JSON.parse(member(file, 'manifest.json')) as {
    readonly Config: string;
    readonly RepoTags: readonly string[] | null;
    readonly Layers: readonly string[];
  }[];
  if (!image) throw new Error(`${file} contains no image`);
  const id = /([0-9a-f]{64})(?:\.json)?$/.exec(image.Config)?.[1];
  if (id === undefined) throw new Error(`${file} does not name its configuration by its hash`);
  // The archive's format.
  const config = JSON.parse(member(file, image.Config)) as ImageConfig;
  return { id, tags: image.RepoTags ?? [], config, configFile: image.Config, layers: image.Layers };
}

/** Extracts the image's files into an existing folder. */
export function unpack(file: string, folder: string): void {
  const command = 'tar -xOf "$1" "$2" | tar -x -p -C "$3"';
  for (const layer of readArchive(file).layers) {
    execFileSync('bash', ['-o', 'pipefail', '-c', command, 'bash', file, layer, folder]);
  }
}
