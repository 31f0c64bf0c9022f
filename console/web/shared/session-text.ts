/** Texts about what sessions get, and what they did. Zone 1, and zone 0 through the page's bundle. */
import type { LaunchField } from '#envelope/annotation-values.ts';
import { counted, shownDuration } from './quantities.ts';

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
    person: 'You',
    personIs: (name: string): string => `logged in as ${name}`,
    launcher: 'Launcher',
    namespace: 'Namespace',
    account: 'Service account',
    pod: 'Pod',
    anyPod: 'any pod of that account there',
    podPrefix: 'any whose name begins with',
    containers: 'Containers',
    allContainers: 'every regular container of the pod',
    lasts: 'How long',
    lastsFor: (seconds: number): string =>
      `Sessions may start with these secrets for ${shownDuration(seconds)}. To end that earlier, revoke the ticket on the page “Tickets”.`,
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
    matching: (found: number, total: number): string =>
      `${found.toLocaleString('en')} of ${counted(total, 'name')} match; what is ticked stays in sight.`,
    ticked: (count: number, total: number): string =>
      count === 0
        ? 'Nothing is ticked.'
        : `${count.toLocaleString('en')} of ${counted(total, 'secret')} ticked:`,
    tickedNames: 'Ticked secrets',
    untick: (name: string): string => `Untick ${name}`,
    submit: 'Give these secrets',
    submitting: 'One moment…',
    without: 'Start without secrets',
    nothing: 'Tick at least one secret, or start without secrets.',
    empty: 'You have no secrets yet. Add one in another tab and look again, or start without.',
    emptyAgain: 'Look again',
    expired: 'expired: replace it first',
    done: 'Your launcher has what it needs. You can close this window.',
    cancelled: 'You have cancelled: nothing was given. You can close this window.',
    elsewhereCancelled: 'You have cancelled: nothing was given.',
    stillTicked: 'What you ticked is still here.',
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
    badLead: 'The launcher that sent you here has made a mistake. Nothing was given. Tell whoever runs it:',
    badNext: 'You can close this window, and go back to your launcher.',
    missing: (name: string): string => `The parameter ${name} is missing.`,
    invalid: (name: string, rule: string): string => `The parameter ${name} is not ${rule}.`,
    rules: {
      namespace: 'the name of a namespace',
      service_account: 'the name of a service account',
      pod: 'the name of a pod, or a prefix followed by *',
      containers: 'a list of container names, joined by commas',
      mode: 'message or form',
      return_to: 'an https address without a user (http for localhost alone)',
    },
    badOrigin: (origin: string): string =>
      `This console may not return to ${origin}. Its operator can list that origin in TWOFOLD_LAUNCHER_ORIGINS.`,
  },
} as const;
