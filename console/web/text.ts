/**
 * Every English text of the page, for the console that renders it and for the script in the browser alike. Zone 1, and
 * zone 0 through the page's bundle: it says things and does nothing.
 */
import type { LaunchField } from '#envelope/annotation-values.ts';

const KIB = 1024;
export function shownSize(bytes: number): string {
  return bytes < KIB
    ? `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
    : `${(bytes / KIB).toFixed(bytes < 10 * KIB ? 1 : 0)} KiB`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

export const nameRule =
  'Letters, digits, dot, hyphen and underscore; at most 253. It is also the file’s name in your sessions.';

export const text = {
  product: 'Twofold',
  skip: 'Skip to the content',
  nav: { label: 'Pages', secrets: 'My secrets', activity: 'Activity', docs: 'API' },
  loggedInAs: 'Logged in as',
  logIn: 'Log in',
  logOut: 'Log out',
  cancel: 'Cancel',
  back: 'Back to my secrets',
  never: 'never',
  none: 'none',
  errorPrefix: 'Error:',

  welcome: {
    title: 'Secrets for your sessions',
    lead: 'Store passwords, tokens and keys once. Every notebook or job that you start finds those you choose, as files.',
    steps: [
      [
        'Store',
        'Give a secret a name and a value. It is encrypted twice, under two keys that no single service holds.',
      ],
      [
        'Choose',
        'When you start a session, tick the secrets that it needs. Nothing is given that you did not tick.',
      ],
      [
        'Use',
        'Your code reads a file in memory, such as /secrets/db-password. When the session ends, it is gone.',
      ],
    ],
    loggedOut: 'You are logged out.',
  },
  apiOnly: {
    title: 'This console has no page',
    lead: 'It answers programs only. An operator can turn the page on by giving the console a client at the identity provider.',
    link: 'Description of the API',
  },

  list: {
    title: 'My secrets',
    add: 'Add a secret',
    import: 'Import a .env file',
    filter: 'Find by name',
    filterSubmit: 'Find',
    filterClear: 'Show all',
    count: (total: number): string => counted(total, 'secret'),
    found: (found: number, total: number): string =>
      `${found.toLocaleString('en')} of ${counted(total, 'secret')}`,
    nothingFound: 'No name contains this.',
    more: 'Next page',
    first: 'First page',
    columns: {
      name: 'Name',
      size: 'Size',
      created: 'Created',
      changed: 'Changed',
      used: 'Last used',
      expires: 'Expires',
      actions: 'Actions',
    },
    expired: 'expired',
    empty: {
      title: 'No secrets yet',
      lead: 'Begin with something that your notebooks ask you for: a database password, a token for a service, a key file.',
      next: 'Afterwards, tick it when you start a session; your code then finds it as a file.',
    },
    neverShown: 'Values are never shown again, to anybody. Replace what you have lost.',
  },

  name: {
    missing: 'Give the secret a name.',
    spaceAround: 'Remove the space or line break at the beginning or the end of the name.',
    spaceInside: 'A name has no spaces or line breaks; use a hyphen instead.',
    dots: 'A name is not a single dot, and does not begin with two.',
    long: (length: number, most: number): string =>
      `The name has ${length} characters; shorten it to ${most}.`,
    lookalike: (foreign: string, plain: string): string =>
      `“${foreign}” only looks like “${plain}”; type the plain character.`,
    foreign: (foreign: string): string =>
      `“${foreign}” cannot be part of a name. Use letters, digits, dot, hyphen and underscore.`,
  },
  value: {
    missing: 'Enter the value, or choose a file.',
    long: (bytes: number, most: number): string =>
      `The value has ${bytes.toLocaleString('en')} bytes, ${counted(bytes - most, 'byte')} more than the ${most.toLocaleString('en')} that fit. Store what is larger elsewhere, and its key here.`,
  },

  write: {
    addTitle: 'Add a secret',
    replaceTitle: (name: string): string => `Replace ${name}`,
    name: 'Name',
    value: 'Value',
    newValue: 'New value',
    show: 'Show what I type',
    file: 'or choose a file',
    fileHint: 'Any file up to 64 KiB, byte for byte.',
    drop: 'Drop a file here, paste one, or choose it:',
    fileChosen: (name: string, bytes: number): string => `${name}, ${shownSize(bytes)}`,
    fileKept: (bytes: number): string => `The file that you chose (${shownSize(bytes)}) is kept.`,
    removeFile: 'Remove the file',
    size: shownSize,
    expires: 'Last day of use',
    expiresHint: 'Optional. From the day after (UTC) no session gets it.',
    save: 'Store the secret',
    replace: 'Replace the value',
    sealedHere: 'Encrypted in this browser before it is sent; the console never sees the value.',
    sealedThere:
      'The console encrypts the value as it arrives, and forgets it. With JavaScript, this browser would do so.',
    sealing: 'Encrypting in this browser…',
    running: 'Sessions that run keep the old value; new ones get this one.',
    expiryPast: 'Choose a day that is not over yet.',
    expiryMalformed: 'This is no date.',
    taken: (name: string): string => `You have a secret ${name} already. Replace it, or choose another name.`,
    replaceThat: (name: string): string => `Replace ${name} instead`,
    changed:
      'This secret has been changed since you opened this page, perhaps in another tab. What you typed is still here: send again to replace the newer value.',
    gone: 'This secret has been deleted meanwhile. What you typed is still here: add it as a new secret.',
    notText: 'The text holds half a character. Paste it again, or choose it as a file.',
    broken: 'The value could not be encrypted in this browser. Load the page again, or use another browser.',
  },

  secret: {
    uses: 'Uses and changes',
    usesLead: 'The newest first. A session’s claim is the moment in which it gets the value.',
    noUses: 'Nothing is recorded.',
    replace: 'Replace',
    delete: 'Delete',
    version: 'Version',
    variable: 'As environment variable',
    variableYes: 'possible',
    variableNo: 'not possible: files only',
    inSession: 'In a session',
    // A path in the pod, not of a URL.
    fileAt: (name: string): string => '/secrets/' + name,
  },

  remove: {
    title: (name: string): string => `Delete ${name}?`,
    lead: 'Sessions that run keep what they have. No new session gets it, and nobody can bring it back.',
    confirm: 'Delete the secret',
    changed: 'This secret has been changed since you opened this page. Look again before you delete it.',
  },

  said: {
    created: (name: string): string => `${name} is stored. Tick it when you start your next session.`,
    replaced: (name: string): string => `${name} has a new value.`,
    deleted: (name: string): string => `${name} is deleted.`,
    imported: (created: number, replaced: number): string =>
      [
        created > 0 && `${counted(created, 'secret')} added`,
        replaced > 0 && `${counted(replaced, 'secret')} replaced`,
      ]
        .filter(Boolean)
        .join(', ') + '.',
  },

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
      rotate: 'Key rotated',
    } as Readonly<Record<string, string>>,
    asked: 'Asked about for a session (dry run)',
    refused: 'refused',
    by: 'by',
  },

  import: {
    title: 'Import a .env file',
    lead: 'Each NAME=value becomes a secret. Look at what will happen before anything is stored.',
    content: 'Content',
    contentHint: 'Paste it here, or choose the file.',
    file: 'File',
    preview: 'Preview',
    previewTitle: 'What will happen',
    nothing: 'There is no NAME=value in this text.',
    states: { new: 'new', replace: 'replaces', invalid: 'left out' },
    problems: {
      empty: 'There is no value.',
      tooMany: 'One import has at most 1,000 secrets; import this one and those below it next.',
    },
    run: (count: number): string => `Import ${counted(count, 'secret')}`,
    unreadable: 'This is not text, or more than 1 MiB. Choose another file, or split it.',
    changed: 'It has been changed since the preview. Look again.',
    columns: { line: 'Line', name: 'Name', size: 'Size', state: 'What happens' },
    progress: (done: number, all: number): string => `${done} of ${all} stored…`,
    stopped: (name: string, why: string): string => `Stopped at ${name}: ${why}`,
  },

  launch: {
    title: 'Secrets for this session',
    lead: (origin: string): string =>
      `${origin} starts a session for you. Tick what it may read; nothing else is given.`,
    session: 'Session',
    namespace: 'Namespace',
    account: 'Service account',
    pod: 'Pod',
    anyPod: 'any',
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
    variableHint: 'Prefer files: variables are kept on the disk of the session’s node, and files are not.',
    submit: 'Give these secrets',
    nothing: 'Tick at least one secret, or go back to your launcher and start without.',
    empty: 'You have no secrets yet. Add one in another tab, then look again.',
    emptyAgain: 'Look again',
    expired: 'expired: replace it first',
    done: 'Your launcher has what it needs. You can close this window.',
    sending: 'Returning to your launcher…',
    returnNow: 'Return to the launcher',
    needsScript: 'The launcher waits for a message, which takes JavaScript. Turn it on, and choose again.',
    noListener:
      'There is no launcher to return to: this page was not opened by one, or has lost it. Choose again from your launcher.',
    elsewhere: (origin: string): string =>
      `${origin} starts a session for you. You choose what it may read in a window of its own.`,
    elsewhereOpen: 'Choose in a window',
    elsewhereDone: 'Your launcher has what it needs.',
    loginEnded: 'Your login has ended in the meantime. Log in again in another tab; what you ticked is kept.',
    loggedIn: 'I have logged in',
    badRequest: 'This address does not work',
    badParameter: (name: string): string => `The parameter ${name} is missing, or not what it should be.`,
    badOrigin: 'The launcher’s address is not one that this console may return to. An operator can allow it.',
  },

  login: {
    failedTitle: 'The login did not work',
    declined: 'The identity provider did not log you in. You can try again.',
    refused:
      'The identity provider’s answer does not fit this login. That happens when it took too long, or was begun in another browser. Try again.',
    downTitle: 'Logging in is not possible right now',
    down: 'The identity provider does not answer. Your secrets are safe, and sessions that run go on. Try again in a moment.',
    again: 'Try again',
    doneTitle: 'You are logged in',
    done: 'You can close this tab, and go on where you were.',
    outTitle: 'You are logged out here',
    outLead: 'Now the login at your identity provider ends too.',
    outNow: 'Continue',
  },

  expired: {
    title: 'Log in again, then send once more',
    lead: 'Your login has ended in the meantime. Nothing is lost: what you typed is still in the form below, and nothing was stored.',
    step: 'Log in in another tab',
    then: 'and come back to this one to send the form again.',
    unread:
      'There is no login in this browser, so nothing of the form was read. Log in in another tab, come back with your browser’s back button, and send it once more.',
    unsafe: 'Please send the form once more: it was opened under another login.',
    otherPerson:
      'You have logged in as somebody else. Log in as before to store this, or copy it and load the page again.',
    continue: 'Continue',
    inPlace: 'Your login has ended. Log in again; what you typed stays here, and is then sent.',
  },

  failed: {
    title: 'That did not work',
    notFoundTitle: 'There is nothing here',
    notFound: 'The address is wrong, or what was here is gone.',
    unknownSecret: (name: string): string => `You have no secret ${name}. Perhaps it was deleted.`,
    crossSite: 'This came from another site, and was refused. Use the forms of this page.',
    tooMany: (seconds: number): string => `Too many requests. Try again in ${counted(seconds, 'second')}.`,
    down: 'The console cannot do this right now. Nothing was changed. Try again in a moment.',
    internal: 'The console made a mistake, and has written it down. Try again later.',
    tooLarge: 'This is too large to be sent. A value has at most 64 KiB.',
    malformed: 'The console did not understand what was sent. Load the page again.',
    network: 'The console does not answer. What you typed is still here; try again.',
  },
} as const;
