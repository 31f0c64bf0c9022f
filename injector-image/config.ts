/** What the webhook told this container, from its environment. Zone 4; design §6 step 4. */
import {
  parseFiles,
  parseVariables,
  type FileSelection,
  type VariableSelection,
} from '#envelope/selection.ts';
import { Failure } from './outcome.ts';

export interface Config {
  readonly claimUrl: string;
  readonly grantSha256: string;
  readonly caSha256: string;
  readonly files: readonly FileSelection[];
  readonly variables: readonly VariableSelection[];
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

function selection<T>(
  env: Env,
  variable: string,
  parse: (text: string) => { ok: true; items: readonly T[] } | { ok: false },
): readonly T[] {
  const text = env[variable] ?? wrong(variable);
  if (text === '') return [];
  const parsed = parse(text);
  return parsed.ok ? parsed.items : wrong(variable);
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
  const files = selection(env, 'TWOFOLD_FILES', parseFiles);
  const variables = selection(env, 'TWOFOLD_ENV', parseVariables);
  if (files.length === 0 && variables.length === 0) wrong('TWOFOLD_FILES');
  const claimUrl = matching(env, 'TWOFOLD_CLAIM_URL', /^https:\/\//);
  if (!URL.canParse(claimUrl)) wrong('TWOFOLD_CLAIM_URL');
  return {
    claimUrl,
    files,
    variables,
    grantSha256: matching(env, 'TWOFOLD_GRANT_SHA256', sha256),
    caSha256: matching(env, 'TWOFOLD_CA_SHA256', sha256),
    fileMode: Number.parseInt(matching(env, 'TWOFOLD_FILE_MODE', /^0(?!000)[04]{3}$/), 8),
    claimSeconds: Number(
      matching({ TWOFOLD_CLAIM_SECONDS: '60', ...env }, 'TWOFOLD_CLAIM_SECONDS', /^[1-9]\d{0,3}$/),
    ),
    dirs: folders(env),
  };
}
