/**
 * How programs read a secret in a session: for the secret's page, docs/recipes.md, and the scenario that tries each of
 * them with the real program (test/e2e/recipes.e2e.ts). Zone 1, and zone 0 through the page's bundle: pure.
 */
import { secretText } from './secret-text.ts';

export interface Recipe {
  readonly title: string;
  /** What the secret's value is; `text` in backquotes is code. */
  readonly holds: string;
  readonly language: 'python' | 'r' | 'js' | 'sh';
  /** A fitting name, for the docs. */
  readonly name: string;
  /** Names that it suits best. */
  readonly suits?: RegExp;
  /** Neither paths nor variables have characters that need quotes. */
  readonly code: (file: string, variable: string) => string;
  readonly note?: string;
}

const elsewhere =
  'Where the file does not exist, such as on your laptop, an environment variable is read instead.';

export const recipes = {
  python: {
    title: 'Python',
    holds: 'any text',
    language: 'python',
    name: 'db-password',
    code: (file, variable) =>
      `import os, pathlib\npassword = p.read_text() if (p := pathlib.Path("${file}")).exists() else os.environ["${variable}"]`,
    note: elsewhere,
  },
  r: {
    title: 'R',
    holds: 'any text',
    language: 'r',
    name: 'db-password',
    code: (file, variable) =>
      `password <- if (file.exists(p <- "${file}")) readChar(p, file.size(p), useBytes = TRUE) else Sys.getenv("${variable}", NA)`,
    note: elsewhere,
  },
  node: {
    title: 'Node.js',
    holds: 'any text',
    language: 'js',
    name: 'db-password',
    code: (file, variable) =>
      `import { existsSync, readFileSync } from 'node:fs';\nconst password = existsSync('${file}') ? readFileSync('${file}', 'utf8') : process.env.${variable};`,
    note: elsewhere,
  },
  shell: {
    title: 'Shell',
    holds: 'any text',
    language: 'sh',
    name: 'db-password',
    code: (file, variable) => `password=$(cat ${file} 2>/dev/null || printf %s "\${${variable}?}")`,
    note: `${elsewhere} \`$(…)\` strips newlines at the end.`,
  },
  psql: {
    title: 'psql (.pgpass)',
    holds: 'one line for each database: `host:port:database:user:password`',
    language: 'sh',
    name: 'pgpass',
    suits: /pgpass/i,
    code: (file) =>
      `export PGPASSFILE=$(mktemp -p /dev/shm) && cat ${file} >"$PGPASSFILE"\npsql -h db.example.org -U alice analytics`,
    note: 'psql ignores a password file that others may read (“permissions should be u=rw (0600) or less”). The copy is in memory, with mode 0600, whatever the mode of the secret’s file.',
  },
  ssh: {
    title: 'SSH (ssh -i)',
    holds: 'a private key, with the line break after its last line',
    language: 'sh',
    name: 'id_ed25519',
    suits: /ssh|^id_/i,
    code: (file) => `ssh -i ${file} -o IdentitiesOnly=yes alice@host.example.org`,
    note: 'Where ssh finds the file too open (“UNPROTECTED PRIVATE KEY FILE”), copy it as for psql.',
  },
  kubectl: {
    title: 'kubectl (KUBECONFIG)',
    holds: 'a kubeconfig, with the credentials in it',
    language: 'sh',
    name: 'kubeconfig',
    suits: /kube/i,
    code: (file) => `export KUBECONFIG=${file}\nkubectl get pods`,
    note: 'The file is read-only: choose another context with `--context`.',
  },
  google: {
    title: 'Google Cloud (GOOGLE_APPLICATION_CREDENTIALS)',
    holds: 'the JSON key of a service account',
    language: 'sh',
    name: 'gcp.json',
    suits: /gcp|google/i,
    code: (file) =>
      `export GOOGLE_APPLICATION_CREDENTIALS=${file}\npython3 -c 'import google.auth; print(google.auth.default()[1])'`,
    note: 'Google’s libraries find the key by this variable; the second line prints its project.',
  },
  aws: {
    title: 'AWS (~/.aws)',
    holds:
      'what would be in `~/.aws/credentials`: `[default]`, `aws_access_key_id = …`, `aws_secret_access_key = …`',
    language: 'sh',
    name: 'aws-credentials',
    suits: /aws/i,
    code: (file) => `export AWS_SHARED_CREDENTIALS_FILE=${file}\naws sts get-caller-identity`,
    note: 'The command line and the libraries, such as boto3, read the same variable.',
  },
  netrc: {
    title: 'curl (.netrc)',
    holds: 'one line for each server: `machine data.example.org login alice password …`',
    language: 'sh',
    name: 'netrc',
    suits: /netrc/i,
    code: (file) => `curl --netrc-file ${file} https://data.example.org/`,
  },
  git: {
    title: 'Git over HTTPS',
    holds: 'an access token of the server',
    language: 'sh',
    name: 'git-token',
    suits: /git/i,
    code: (file) =>
      `git config --global credential.https://git.example.org.helper '!f() { echo username=git; echo "password=$(cat ${file})"; }; f'\ngit clone https://git.example.org/team/project.git`,
    note: 'Git’s configuration has the path, not the token. Some servers want your own name instead of `git`.',
  },
} as const satisfies Readonly<Record<string, Recipe>>;

export type RecipeId = keyof typeof recipes;

export const allRecipes: readonly (readonly [string, Recipe])[] = Object.entries(recipes);

/** For a secret of this name, in the folder that sessions get by default. */
export function recipeCode({ code }: Recipe, name: string): string {
  const variable = name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '_')
    .replace(/^(?=\d)/, '_');
  return code(secretText.secret.fileAt(name), variable);
}

/** The first that suits the name best. */
export function suitedRecipe(name: string): string {
  return allRecipes.find(([, { suits }]) => suits?.test(name))?.[0] ?? 'python';
}
