/** What can go wrong at the command line: stable codes, and the exit code of each. Zone 0; docs/cli.md has the table. */
import { shown } from '#platform/shown.ts';

/** Scripts rely on these: a number never changes its meaning. */
export const exitCodes = {
  ok: { exit: 0, doc: 'done' },
  unexpected: { exit: 1, doc: 'a bug in the program or the console' },
  usage: { exit: 2, doc: 'the command line, a file or the configuration is not usable as given' },
  login: { exit: 3, doc: 'not logged in, or no longer' },
  missing: { exit: 4, doc: 'there is no such secret or ticket' },
  conflict: { exit: 5, doc: 'the name is taken, or the secret has changed in the meantime' },
  refused: { exit: 6, doc: 'refused because of the value, the key or the request' },
  unreachable: {
    exit: 7,
    doc: 'the console or the identity provider cannot be reached, is not trusted, or is busy',
  },
  interrupted: { exit: 130, doc: 'ended with Ctrl-C' },
} as const;

type FailureKind = Exclude<keyof typeof exitCodes, 'ok'>;

/** The command line's own codes; the console's codes keep their names. */
const kinds = {
  unexpected: 'unexpected',
  usage: 'usage',
  value_in_argument: 'usage',
  not_interactive: 'usage',
  not_confirmed: 'usage',
  note_like_value: 'usage',
  several_lines: 'usage',
  file_unusable: 'usage',
  config_malformed: 'usage',
  no_console: 'usage',
  proxy_unusable: 'usage',
  state_unusable: 'usage',
  output_lost: 'usage',
  manifest_malformed: 'usage',
  dotenv_malformed: 'usage',
  not_logged_in: 'login',
  login_expired: 'login',
  login_failed: 'login',
  state_exposed: 'login',
  token_rejected: 'login',
  secret_unknown: 'missing',
  ticket_unknown: 'missing',
  name_taken: 'conflict',
  name_malformed: 'refused',
  note_malformed: 'refused',
  value_empty: 'refused',
  value_too_large: 'refused',
  key_changed: 'refused',
  key_malformed: 'refused',
  unreachable: 'unreachable',
  not_trusted: 'unreachable',
  interrupted: 'interrupted',
} as const satisfies Record<string, FailureKind>;

type FailureCode = keyof typeof kinds;

/** The one error that ends a command. Message and next step are for people, and contain no value, token or key. */
export class Failure extends Error {
  readonly code: string;
  readonly kind: FailureKind;
  readonly next: string | undefined;
  /** Further members of the error as JSON. */
  readonly more: object | undefined;

  constructor(told: {
    code: string;
    kind: FailureKind;
    message: string;
    next?: string | undefined;
    more?: object | undefined;
    cause?: unknown;
  }) {
    super(told.message, { cause: told.cause });
    this.name = 'Failure';
    this.code = told.code;
    this.kind = told.kind;
    this.next = told.next;
    this.more = told.more;
  }

  get exit(): number {
    return exitCodes[this.kind].exit;
  }
}

/** `next` is what to do now; `more`, further members of the error as JSON. */
export function failure(
  code: FailureCode,
  message: string,
  next?: string,
  cause?: unknown,
  more?: object,
): Failure {
  return new Failure({ code, kind: kinds[code], message, next, cause, more });
}

/** The code of a Failure or of a Node error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function kindOfStatus(status: number): FailureKind {
  if (status === 401) return 'login';
  if (status === 404) return 'missing';
  if (status === 409 || status === 412) return 'conflict';
  if (status === 429 || status === 503) return 'unreachable';
  return status >= 500 ? 'unexpected' : 'refused';
}

/** The console's problem document, under its own code. */
export function refusedByConsole(
  status: number,
  { code, title, detail }: { readonly code: string; readonly title: string; readonly detail: string },
): Failure {
  const kind = kindOfStatus(status);
  if (kind === 'login')
    return failure('login_expired', 'The console no longer accepts your login.', 'twofold login');
  return new Failure({ code, kind, message: shown(title), next: shown(detail) });
}
