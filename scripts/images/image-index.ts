/**
 * One image for several architectures, as an archive in the layout of the OCI image specification: an index that names
 * the image of each. Made from the single images' archives, whatever built those. Development tool, no zone.
 *
 * | file | |
 * |---|---|
 * | `oci-layout` | the layout's version |
 * | `index.json` | names one blob, the image index |
 * | `blobs/sha256/HASH` | the index; for each architecture a manifest, a configuration, the layers |
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArchive } from './archive.ts';

const MEDIA = 'application/vnd.oci.image';

interface Descriptor {
  readonly mediaType: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Config {
  readonly architecture: string;
  readonly os: string;
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** Puts content under its own hash. */
function addBlob(folder: string, mediaType: string, content: Uint8Array): Descriptor {
  const hash = createHash('sha256').update(content).digest('hex');
  writeFileSync(join(folder, 'blobs/sha256', hash), content);
  return { mediaType, digest: `sha256:${hash}`, size: content.length };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function member(archive: string, name: string): Buffer {
  return execFileSync('tar', ['-xOf', archive, name], { maxBuffer: 2 ** 29 });
}

/** The image of one architecture, into the layout. */
function addImage(folder: string, archive: string): Descriptor {
  const { configFile, layers } = readArchive(archive);
  const configText = member(archive, configFile);
  const { os, architecture, rootfs } = JSON.parse(configText.toString('utf8')) as Config; // the archive's format
  const added = layers.map((name, at) => {
    const layer = addBlob(folder, `${MEDIA}.layer.v1.tar`, member(archive, name));
    if (layer.digest !== rootfs.diff_ids[at])
      throw new Error(`${archive}: the layer ${name} is not a plain archive`);
    return layer;
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config: addBlob(folder, `${MEDIA}.config.v1+json`, configText),
    layers: added,
  };
  return {
    ...addBlob(folder, manifest.mediaType, json(manifest)),
    platform: { architecture, os },
  };
}

/** Writes the archive of `name`, by way of `folder`, which must not exist; returns the index's digest. */
export function writeIndex(folder: string, name: string, archives: readonly string[], file: string): string {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const mediaType = `${MEDIA}.index.v1+json`;
  const manifests = archives.map((archive) => addImage(folder, archive));
  const index = addBlob(folder, mediaType, json({ schemaVersion: 2, mediaType, manifests }));
  // The first is the specification's, a tag; the second is the name that containerd gives the image.
  const annotations = {
    'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
    'io.containerd.image.name': name,
  };
  writeFileSync(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(
    join(folder, 'index.json'),
    json({ schemaVersion: 2, mediaType, manifests: [{ ...index, annotations }] }),
  );
  const plain = [
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u=rwX,go=rX',
  ];
  rmSync(file, { force: true });
  execFileSync('tar', [...plain, '-C', folder, '-cf', file, 'oci-layout', 'index.json', 'blobs']);
  return index.digest;
}
