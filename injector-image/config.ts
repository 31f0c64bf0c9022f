/** What the webhook told this container, from its environment. Zone 4; docs/design.md#pod. */
import { parseInitValues, type InitValues } from '#envelope/annotation-values.ts';
import { annotations } from '#envelope/annotations.ts';
import { Failure } from './outcome.ts';

export interface Config extends InitValues {
  readonly claimUrl: string;
  readonly grantSha256: string;
  readonly caSha256: string;
  readonly fileMode: number;
  /** How long the console is asked, in all; another than 60 in development only, as for the folders. */
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

/** Folders are fixed in a pod: the guard allows no other variable. Development gives its own. */
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
  const told = parseInitValues(env);
  if (!told.ok) return wrong(told.variable);
  const { values } = told;
  if (values.files.length === 0 && values.variables.length === 0) wrong(annotations.files.variable);
  const claimUrl = matching(env, 'TWOFOLD_CLAIM_URL', /^https:\/\//);
  if (!URL.canParse(claimUrl)) wrong('TWOFOLD_CLAIM_URL');
  return {
    ...values,
    claimUrl,
    grantSha256: matching(env, 'TWOFOLD_GRANT_SHA256', sha256),
    caSha256: matching(env, 'TWOFOLD_CA_SHA256', sha256),
    // The pod need not say it, but the webhook always knows.
    fileMode: values.fileMode ?? wrong(annotations.fileMode.variable),
    claimSeconds: Number(
      matching({ TWOFOLD_CLAIM_SECONDS: '60', ...env }, 'TWOFOLD_CLAIM_SECONDS', /^[1-9]\d{0,3}$/),
    ),
    dirs: folders(env),
  };
}
