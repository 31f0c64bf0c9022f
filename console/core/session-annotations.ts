/**
 * The annotations of a session pod for what somebody chose, as the webhook will read them: the same parsers say what is
 * wrong before a pod exists. Zone 1; design §6 step 1. Pure.
 */
import { annotations } from '#envelope/annotations.ts';
import { FILE_MODE_RULE, parseFileMode } from '#envelope/file-mode.ts';
import { MAX_SELECTION_BYTES } from '#envelope/limits.ts';
import { DEFAULT_MOUNT_PATH, parseMountPath } from '#envelope/mount-path.ts';
import { parseFilePath, parseVariableName, type SecretName } from '#envelope/names.ts';
import {
  encodeFiles,
  encodeVariables,
  parseFiles,
  parseVariables,
  quote,
  type FileSelection,
  type VariableSelection,
} from '#envelope/selection.ts';
import { ok } from '#envelope/result.ts';
import { refuse, type Outcome } from './outcome.ts';

export interface SessionChoice {
  /** Every secret of the session. One that neither `files` nor `env` names is a file of its own name. */
  readonly secrets: readonly SecretName[];
  readonly files?: readonly { readonly name: SecretName; readonly path: string }[] | undefined;
  readonly env?: readonly { readonly variable: string; readonly name: SecretName }[] | undefined;
  readonly mountPath?: string | undefined;
  /** Names, or `*` alone. */
  readonly containers?: readonly string[] | undefined;
  readonly fileMode?: string | undefined;
}

/** All but the ticket. */
export type SessionAnnotations = Readonly<Record<string, string>>;

const CONTAINER = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function bad(where: string, problem: string): Outcome<never> {
  return refuse('annotations_malformed', `${quote(where)}: ${problem}.`);
}

function filesOf({ secrets, files = [], env = [] }: SessionChoice): Outcome<readonly FileSelection[]> {
  const elsewhere = new Set([...files, ...env].map(({ name }) => name));
  const listed = new Set(secrets);
  const stray = [...files, ...env].find(({ name }) => !listed.has(name));
  if (stray) return bad('secrets', `${stray.name} is named elsewhere, but is not one of them; add it`);
  const selected: FileSelection[] = [];
  for (const { name, path: text } of [
    ...secrets.filter((name) => !elsewhere.has(name)).map((name) => ({ name, path: name })),
    ...files,
  ]) {
    const path = parseFilePath(text);
    if (!path) {
      return bad(
        'files',
        `${quote(text)} is not a file name; use letters, digits, ".", "_", "-", joined by "/"`,
      );
    }
    selected.push({ name, path });
  }
  const parsed = selected.length > 0 ? parseFiles(encodeFiles(selected)) : ok(selected);
  return 'problem' in parsed ? bad('files', parsed.problem) : ok(selected);
}

function variablesOf({ env = [] }: SessionChoice): Outcome<readonly VariableSelection[]> {
  const selected: VariableSelection[] = [];
  for (const { variable: text, name } of env) {
    const variable = parseVariableName(text);
    if (!variable) {
      return bad(
        'env',
        `${quote(text)} is not a variable’s name; use letters, digits and "_", no digit first`,
      );
    }
    selected.push({ variable, name });
  }
  const parsed = selected.length > 0 ? parseVariables(encodeVariables(selected)) : ok(selected);
  return 'problem' in parsed ? bad('env', parsed.problem) : ok(selected);
}

function optionsOf({ mountPath, containers, fileMode }: SessionChoice): Outcome<SessionAnnotations> {
  const path = parseMountPath(mountPath ?? DEFAULT_MOUNT_PATH);
  if (!path.ok) return bad('mountPath', path.problem);
  if (fileMode !== undefined && parseFileMode(fileMode) === undefined) {
    return bad('fileMode', `${quote(fileMode)} is not ${FILE_MODE_RULE}`);
  }
  const all = containers?.join() === '*';
  const named =
    containers === undefined || (containers.length > 0 && containers.every((one) => CONTAINER.test(one)));
  if (!all && !named) return bad('containers', 'it holds no names of containers; name some, or "*" alone');
  return ok({
    ...(path.path === DEFAULT_MOUNT_PATH ? {} : { [annotations.mountPath]: path.path }),
    ...(containers === undefined ? {} : { [annotations.containers]: containers.join(',') }),
    ...(fileMode === undefined ? {} : { [annotations.fileMode]: fileMode }),
  });
}

export function sessionAnnotations(choice: SessionChoice): Outcome<SessionAnnotations> {
  const files = filesOf(choice);
  if (!files.ok) return files;
  const variables = variablesOf(choice);
  if (!variables.ok) return variables;
  const options = optionsOf(choice);
  if (!options.ok) return options;
  const texts = {
    ...(files.value.length > 0 ? { [annotations.secrets]: encodeFiles(files.value) } : {}),
    ...(variables.value.length > 0 ? { [annotations.env]: encodeVariables(variables.value) } : {}),
  };
  const long = Object.entries(texts).find(([, text]) => text.length > MAX_SELECTION_BYTES);
  if (long) return bad('secrets', `the selection takes more than ${MAX_SELECTION_BYTES} bytes; select fewer`);
  return ok({ ...texts, ...options.value });
}
