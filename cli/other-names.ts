/** What people type who know other programs: commands by other names, and what there is none of. Zone 0. */

const byName: Readonly<Record<string, string>> = {
  'secrets list': 'ls, show-all, names',
  'secrets add': 'create, new, set, put, store, save, insert, write',
  'secrets replace': 'update, edit, change, rotate, overwrite',
  'secrets delete': 'rm, remove, del, unset, destroy, purge',
  'secrets import': 'load, import-env, upload',
};

const others: Readonly<Record<string, string>> = {
  'tickets list': 'tickets ls, tickets get, tickets show, ls tickets',
  'tickets revoke': 'tickets delete, tickets rm, tickets remove, tickets cancel, revoke, ticket revoke',
  ticket: 'tickets add, tickets create, tickets new, tickets issue, token, consent',
  annotate: 'inject, apply, patch, attach, decorate',
  login: 'signin, sign-in, log-in, auth',
  logout: 'signout, sign-out, log-out',
  whoami: 'who, me, user, status, account',
  trust: 'pin, pins, key, keys',
  completion: 'completions, autocomplete',
  '--version': 'version, -v, -V',
};

function listed(text: string): readonly string[] {
  return text.split(', ');
}

/** Below `secrets` and `secret`, and by themselves, where that is not a command. */
const ofSecrets = Object.entries(byName).flatMap(([command, verbs]) =>
  [command.replace('secrets ', ''), ...listed(verbs)].flatMap((verb) =>
    [`secrets ${verb}`, `secret ${verb}`, verb].map((phrase) => [phrase, command] as const),
  ),
);

export const synonyms: Readonly<Record<string, string>> = Object.fromEntries([
  ...ofSecrets,
  ...Object.entries(others).flatMap(([command, phrases]) =>
    listed(phrases).map((phrase) => [phrase, command] as const),
  ),
]);

const valuesStay = {
  message: 'A value never comes out: it goes into your sessions, and is shown to nobody, not even to you.',
  next:
    'In a session, read the file /secrets/NAME. Names and sizes: twofold secrets list. If the value is lost, get a ' +
    'new one where it came from, then: twofold secrets replace NAME',
};

const namesStay = {
  message: 'A secret keeps its name.',
  next: 'Add it under the other name, then delete this one: twofold secrets add NEW, twofold secrets delete OLD',
};

function forEach<T>(verbs: string, told: T): readonly (readonly [string, T])[] {
  return listed(verbs).flatMap((verb) =>
    [`secrets ${verb}`, `secret ${verb}`, verb].map((phrase) => [phrase, told] as const),
  );
}

export const absent = Object.fromEntries([
  ...forEach(
    'get, show, read, cat, view, print, reveal, fetch, export, download, describe, value',
    valuesStay,
  ),
  ...forEach('rename, mv, move, copy, cp', namesStay),
]);
