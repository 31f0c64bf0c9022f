/** Texts about what sessions get, and what they did. Zone 1, and zone 0 through the page's bundle. */
import type { LaunchField } from '#envelope/annotation-values.ts';

export const sessionText = {
  activity: {
    title: 'Activity',
    lead: 'Everything that was done with your secrets, by you or for your sessions.',
    none: 'Nothing has happened yet.',
    columns: { at: 'When', what: 'What', names: 'Secrets', where: 'Session' },
    older: 'Older',
    newest: 'Newest',
    actions: {
      create: 'Added',
      replace: 'Replaced',
      delete: 'Deleted',
      seal: 'Encryption prepared',
      ticket: 'Chosen for a session',
      revoke: 'Ticket revoked',
      resolve: 'Session admitted',
      claim: 'Delivered to a session',
    } as Readonly<Record<string, string>>,
    asked: 'Checked for a session (dry run)',
    refused: 'refused',
    by: 'by',
  },

  launch: {
    title: 'Secrets for this session',
    lead: (origin: string): string =>
      `${origin} is starting a session for you. Tick what it may read; it gets nothing else.`,
    session: 'Session',
    namespace: 'Namespace',
    account: 'Service account',
    pod: 'Pod',
    anyPod: 'any',
    containers: 'Containers',
    choose: 'Your secrets',
    as: 'as',
    file: 'file',
    variable: 'variable',
    fileName: (name: string): string => `File name for ${name}`,
    fileOrVariableName: (name: string): string => `File or variable name for ${name}`,
    kind: (name: string): string => `How ${name} is given`,
    fields: {
      path: { label: 'Folder of the files', hint: 'An absolute path, such as /secrets.' },
    } satisfies Readonly<Record<LaunchField, { label: string; hint: string }>>,
    variableHint: 'Prefer files: variables are stored on the disk of the session’s node, and files are not.',
    submit: 'Give these secrets',
    nothing: 'Tick at least one secret, or go back to your launcher and start without any.',
    empty: 'You have no secrets yet. Add one in another tab, then look again.',
    emptyAgain: 'Look again',
    expired: 'expired: replace it first',
    done: 'Your launcher has what it needs. You can close this window.',
    sending: 'Returning to your launcher…',
    returnNow: 'Return to the launcher',
    needsScript: 'The launcher waits for a message, which needs JavaScript. Turn it on, and choose again.',
    noListener:
      'There is no launcher to return to: this page was not opened by one, or has lost contact with it. Choose again from your launcher.',
    elsewhere: (origin: string): string =>
      `${origin} is starting a session for you. Choose what it may read in a separate window.`,
    elsewhereOpen: 'Choose in a window',
    elsewhereDone: 'Your launcher has what it needs.',
    loginEnded: 'Your login has ended. Log in again in another tab; what you ticked is still here.',
    loggedIn: 'I have logged in',
    badRequest: 'This address does not work',
    badParameter: (name: string): string => `The parameter ${name} is missing or invalid.`,
    badOrigin: 'This console may not return to the launcher’s address. An operator can allow it.',
  },
} as const;
