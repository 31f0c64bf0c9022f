import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { testFolder } from '../../test/folder.ts';
import { writeIndex } from './image-index.ts';

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** An image of one file, as `docker save` writes it. */
function archiveOf(folder: string, architecture: string): string {
  const own = join(folder, architecture);
  mkdirSync(join(own, 'content'), { recursive: true });
  writeFileSync(join(own, 'content/machine'), architecture);
  execFileSync('tar', ['-C', join(own, 'content'), '-cf', join(own, 'layer.tar'), '--mtime=@0', 'machine']);
  const layer = sha256(readFileSync(join(own, 'layer.tar')));
  const config = JSON.stringify({
    architecture,
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
  });
  const configFile = `${sha256(Buffer.from(config))}.json`;
  writeFileSync(join(own, configFile), config);
  const manifest = [{ Config: configFile, RepoTags: ['x:1'], Layers: ['layer.tar'] }];
  writeFileSync(join(own, 'manifest.json'), JSON.stringify(manifest));
  const file = join(folder, `${architecture}.tar`);
  execFileSync('tar', ['-C', own, '-cf', file, 'manifest.json', configFile, 'layer.tar']);
  return file;
}

describe('the index of an image for several architectures', () => {
  const write = (): { readonly folder: string; readonly digest: string; readonly file: string } => {
    const folder = testFolder('image-index');
    const archives = ['amd64', 'arm64'].map((architecture) => archiveOf(folder, architecture));
    const file = join(folder, 'all.tar');
    const digest = writeIndex(join(folder, 'layout'), 'registry.example.org/x:1', archives, file);
    return { folder, digest, file };
  };
  const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

  it('names the image of each, by the hash of its content', () => {
    const { folder, digest, file } = write();
    const read = join(folder, 'read');
    mkdirSync(read);
    execFileSync('tar', ['-C', read, '-xf', file]);
    expect(json(join(read, 'oci-layout'))).to.deep.equal({ imageLayoutVersion: '1.0.0' });
    const blobs = join(read, 'blobs/sha256');
    for (const hash of readdirSync(blobs)) expect(sha256(readFileSync(join(blobs, hash)))).to.equal(hash);
    expect(json(join(read, 'index.json'))).to.deep.nested.include({
      'manifests[0].digest': digest,
      'manifests[0].annotations': {
        'org.opencontainers.image.ref.name': '1',
        'io.containerd.image.name': 'registry.example.org/x:1',
      },
    });
    const { manifests } = json(join(blobs, digest.slice('sha256:'.length))) as {
      manifests: readonly { digest: string; platform: object }[];
    };
    expect(manifests.map(({ platform }) => platform)).to.deep.equal([
      { architecture: 'amd64', os: 'linux' },
      { architecture: 'arm64', os: 'linux' },
    ]);
    // An index, and for each image a manifest, a configuration and a layer.
    expect(readdirSync(blobs)).to.have.length(1 + 2 * 3);
  });

  it('is the same for the same images', () => {
    const [one, two] = [write(), write()];
    expect(two.digest).to.equal(one.digest);
    expect(sha256(readFileSync(two.file))).to.equal(sha256(readFileSync(one.file)));
  });

  it('is refused where a layer is not what the image says', () => {
    const folder = testFolder('image-index');
    const file = archiveOf(folder, 'arm64');
    execFileSync('tar', [
      '-C',
      join(folder, 'arm64/content'),
      '-cf',
      join(folder, 'arm64/layer.tar'),
      '--mtime=@1',
      'machine',
    ]);
    execFileSync('bash', [
      '-c',
      'tar -C "$1" -cf "$2" $(ls "$1" | grep -v content)',
      'bash',
      join(folder, 'arm64'),
      file,
    ]);
    expect(() => writeIndex(join(folder, 'layout'), 'x:1', [file], join(folder, 'all.tar'))).to.throw(
      'layer.tar',
    );
  });
});
