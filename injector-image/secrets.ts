/** From claimed keys and inner tokens to the contents of files and variables. Zone 4; docs/design.md#files. */
import { concat, utf8 } from '#envelope/bytes.ts';
import { isEnvSafe } from '#envelope/env-safe.ts';
import { openInner } from '#envelope/inner/open.ts';
import type { SecretName } from '#envelope/names.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';
import type { Keys } from './claim.ts';
import type { Config } from './config.ts';
import { Failure } from './outcome.ts';
import type { Session } from './session.ts';
import type { Content } from './volume.ts';

/** The kubelet reads it as root, whatever its owner. */
const ENV_FILE = { path: 'env', mode: 0o400 } as const;

function opener(session: Session, keys: Keys) {
  return async (name: SecretName): Promise<Uint8Array> => {
    const id = session.idOf.get(name);
    const key = id && keys.get(id);
    if (!id || !key)
      throw new Failure('tampered', `there is no key for the secret ${name}; create the pod again`);
    try {
      return await openInner(nodeCipher, key, session.token(id));
    } catch (error) {
      if (error instanceof Failure) throw error;
      const next = 'the session’s Secret was changed; create the pod again';
      throw new Failure('tampered', `the secret ${name} is not what was sealed: ${next}`, error);
    }
  };
}

export function fileContents({ files, fileMode }: Config, session: Session, keys: Keys): readonly Content[] {
  const open = opener(session, keys);
  return files.map(({ path, name }) => ({ path, mode: fileMode, open: () => open(name) }));
}

/** One file with a line `VARIABLE='value'` for each variable. */
export function envContents({ variables }: Config, session: Session, keys: Keys): readonly Content[] {
  const open = opener(session, keys);
  const line = async (variable: string, name: SecretName): Promise<Uint8Array> => {
    const value = await open(name);
    try {
      if (!isEnvSafe(value)) {
        const next = 'select it as a file instead';
        throw new Failure('refused', `the secret ${name} holds bytes that a variable cannot; ${next}`);
      }
      return concat(utf8(`${variable}='`), value, utf8("'\n"));
    } finally {
      value.fill(0);
    }
  };
  const all = async (): Promise<Uint8Array> => {
    const lines: Uint8Array[] = [];
    try {
      for (const { variable, name } of variables) lines.push(await line(variable, name));
      return concat(...lines);
    } finally {
      for (const bytes of lines) bytes.fill(0);
    }
  };
  return [{ ...ENV_FILE, open: all }];
}
