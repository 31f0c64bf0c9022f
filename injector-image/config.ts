/** The webhook's settings for this container, from its environment. Zone 4; docs/design.md#pod. */
import { parseInitValues, type InitValues } from '#envelope/annotation-values.ts';
import { annotations } from '#envelope/annotations.ts';
import { Failure } from './outcome.ts';

export interface Config extends InitValues {
  readonly claimUrl: string;
  readonly grantSha256: string;
  readonly caSha256: string;
  readonly fileMode: number;
  /** How long to try the console, in all; other than 60 only in development, as with the folders. */
  readonly claimSeconds: number;
  readonly dirs: {
    readonly session: string;
    readonly token: string;
    readonly files: string;
    readonly env: string;
  };
}

type Env = Readonly<Record<string, string | undefined>>;

function wrong(variable: string): never {
  const next = 'only the webhook may write this container; create the pod again';
  throw new Failure('misconfigured', `${variable} is missing or malformed; ${next}`);
}

function matching(env: Env, variable: string, pattern: RegExp): string {
  const value = env[variable];
  return value !== undefined && pattern.test(value) ? value : wrong(variable);
}

/** Folders are fixed in a pod: the guard allows no such variable. Development sets its own. */
function folders(env: Env): Config['dirs'] {
  return {
    session: env['TWOFOLD_SESSION_DIR'] ?? '/twofold/session',
    token: env['TWOFOLD_TOKEN_DIR'] ?? '/var/run/secrets/kubernetes.io/serviceaccount',
    files: env['TWOFOLD_FILES_DIR'] ?? '/twofold/files',
    env: env['TWOFOLD_ENV_DIR'] ?? '/twofold/env',
  };
}

/** Throws a Failure `misconfigured` that names the variable. */
export function parseConfig(env: Env): Config {
  const sha256 = /^[0-9a-f]{64}$/;
  const parsed = parseInitValues(env);
  if (!parsed.ok) return wrong(parsed.variable);
  const { values } = parsed;
  if (values.files.length === 0 && values.variables.length === 0) wrong(annotations.files.variable);
  const claimUrl = matching(env, 'TWOFOLD_CLAIM_URL', /^https:\/\//);
  if (!URL.canParse(claimUrl)) wrong('TWOFOLD_CLAIM_URL');
  return {
    ...values,
    claimUrl,
    grantSha256: matching(env, 'TWOFOLD_GRANT_SHA256', sha256),
    caSha256: matching(env, 'TWOFOLD_CA_SHA256', sha256),
    // Optional on the pod, but the webhook always sets it.
    fileMode: values.fileMode ?? wrong(annotations.fileMode.variable),
    claimSeconds: Number(
      matching({ TWOFOLD_CLAIM_SECONDS: '60', ...env }, 'TWOFOLD_CLAIM_SECONDS', /^[1-9]\d{0,3}$/),
    ),
    dirs: folders(env),
  };
}
