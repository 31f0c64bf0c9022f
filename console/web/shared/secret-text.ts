/** Texts of the pages on which a person keeps secrets. Zone 1, and zone 0 through the page's bundle. */
import { counted, shownSize } from './quantities.ts';

export const nameRule =
  'Letters, digits, dots, hyphens and underscores; at most 253. It is also the file name in your sessions.';

export const secretText = {
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
    range: (from: number, to: number, found: number): string =>
      `${from.toLocaleString('en')}–${to.toLocaleString('en')} of ${counted(found, 'secret')}`,
    nothingFound: 'No name contains this text.',
    sort: 'Sort by',
    pages: 'Pages of the list',
    page: (page: number, pages: number): string =>
      `Page ${page.toLocaleString('en')} of ${pages.toLocaleString('en')}`,
    previous: 'Previous page',
    next: 'Next page',
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
      lead: 'Start with something that your notebooks ask you for: a database password, a token for a service, a key file.',
      next: 'Then tick it when you start a session; your code finds it as a file.',
    },
    neverShown: 'Values are never shown again, to anybody. Replace what you have lost.',
  },

  name: {
    missing: 'Give the secret a name.',
    spaceAround: 'Remove the space or line break at the beginning or end of the name.',
    spaceInside: 'A name cannot contain spaces or line breaks; use a hyphen instead.',
    dots: 'A name cannot be a single dot, or begin with two.',
    long: (length: number, most: number): string =>
      `The name has ${length} characters; shorten it to ${most}.`,
    lookalike: (foreign: string, plain: string): string =>
      `“${foreign}” only looks like “${plain}”; type the plain character.`,
    foreign: (foreign: string): string =>
      `“${foreign}” cannot be part of a name. Use letters, digits, dots, hyphens and underscores.`,
  },

  value: {
    missing: 'Enter the value, or choose a file.',
    long: (bytes: number, most: number): string =>
      `The value has ${bytes.toLocaleString('en')} bytes, ${counted(bytes - most, 'byte')} more than the limit of ${most.toLocaleString('en')}. Store larger data elsewhere, and its key here.`,
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
    drop: 'Drop a file here, paste one, or choose one:',
    fileChosen: (name: string, bytes: number): string => `${name}, ${shownSize(bytes)}`,
    fileKept: (bytes: number): string => `The file that you chose (${shownSize(bytes)}) is still here.`,
    removeFile: 'Remove the file',
    severalFiles: (count: number): string =>
      `These are ${counted(count, 'file')}; a secret has one value. Choose one of them.`,
    unreadable: (name: string): string =>
      `${name} cannot be read: it may be a folder, or have been moved or changed. Choose the file again.`,
    dropBeside: 'You dropped a file beside the field. Drop it here.',
    size: shownSize,
    hints: 'Worth a look before you store it',
    expires: 'Last day of use',
    expiresHint: (zone: string): string =>
      `Optional. No session gets it after the end of that day (time zone: ${zone}).`,
    expiresAt: (instant: string): string => `That is at ${instant}.`,
    save: 'Store the secret',
    replace: 'Replace the value',
    sealedHere: 'Encrypted in this browser before it is sent; the console never sees the value.',
    sealedThere:
      'The console encrypts the value on arrival and keeps no copy of it. With JavaScript, this browser would encrypt it.',
    sealing: 'Encrypting in this browser…',
    running: 'Running sessions keep the old value; new ones get this one.',
    expiryPast: 'Choose a day that is not over yet.',
    expiryMalformed: 'This is not a date.',
    taken: (name: string): string => `You already have a secret ${name}. Replace it, or choose another name.`,
    replaceThat: (name: string): string => `Replace ${name} instead`,
    changed:
      'This secret has changed since you opened this page, perhaps in another tab. What you typed is still here: send it again to replace the newer value.',
    gone: 'This secret has been deleted in the meantime. What you typed is still here: add it as a new secret.',
    notText: 'The text contains half a character. Paste it again, or choose it as a file.',
    broken: 'The value could not be encrypted in this browser. Reload the page, or use another browser.',
  },

  note: {
    label: 'Note',
    hint: (most: number): string =>
      `Optional, one line of up to ${most} characters, shown in lists and when a session starts. It is not encrypted: the people who run this console can read it. Never write the value here.`,
    long: (length: number, most: number): string =>
      `The note has ${length.toLocaleString('en')} characters; shorten it to ${most}.`,
    foreign: 'A note is one line, without control characters. Type it again.',
    asks: 'This looks as if it contained a secret value, and a note can be read. Remove that, or say below that it is none.',
    sure: 'It is not a secret: store the note as it is',
  },

  edit: {
    title: (name: string): string => `Edit ${name}`,
    save: 'Save',
    stays:
      'The value stays, and so does the name. To change the name, add a new secret, and delete this one.',
    changed:
      'This secret has been edited since you opened this page. What you typed is still here: save again to put it in place of that.',
  },

  secret: {
    uses: 'Uses and changes',
    usesLead: 'Newest first. A session’s claim is the moment it gets the value.',
    noUses: 'Nothing has been recorded yet.',
    replace: 'Replace',
    edit: 'Edit',
    delete: 'Delete',
    version: 'Version',
    variable: 'As an environment variable',
    variableYes: 'possible',
    variableNo: 'not possible: files only',
    inSession: 'In a session',
    // A path in the pod, not of a URL.
    fileAt: (name: string): string => '/secrets/' + name,
    recipes: 'Use it in a session',
    recipesLead:
      'For the folder /secrets and the secret’s own name; change them if you chose others at launch.',
    holds: 'For a secret that holds',
    code: (title: string): string => `Code: ${title}`,
    copy: 'Copy',
    copied: 'Copied',
    selected: 'Selected: press Ctrl-C',
  },

  remove: {
    title: (name: string): string => `Delete ${name}?`,
    lead: 'Running sessions keep what they have. No new session gets it, and nobody can restore it.',
    refused: 'A pod that names it is then refused whole: it gets none of its secrets, and does not start.',
    looking: 'Looking for tickets that name it…',
    notFound: 'Which tickets name it could not be found out.',
    noTickets: 'No live ticket names it.',
    tickets: (count: number, all: boolean): string =>
      `${all ? '' : 'At least '}${counted(count, 'live ticket names', 'live tickets name')} it:`,
    ticket: (namespace: string, pod: string | null, until: string): string =>
      `${pod === null ? 'any pod' : `pod ${pod}`} in ${namespace}, until ${until}`,
    others: (count: number, all: boolean): string => `and ${all ? '' : 'at least '}${count} more`,
    confirm: 'Delete the secret',
    changed: 'This secret has changed since you opened this page. Look again before you delete it.',
  },

  said: {
    created: (name: string): string => `${name} is stored. Tick it when you start your next session.`,
    replaced: (name: string): string => `${name} has a new value.`,
    updated: (name: string): string => `${name} is saved.`,
    deleted: (name: string): string => `${name} is deleted.`,
    revoked: 'The ticket is revoked. No session starts with it any more.',
    imported: (created: number, replaced: number): string =>
      [
        created > 0 && `${counted(created, 'secret')} added`,
        replaced > 0 && `${counted(replaced, 'secret')} replaced`,
      ]
        .filter(Boolean)
        .join(', ') + '.',
  },

  import: {
    title: 'Import a .env file',
    lead: 'Each NAME=value becomes a secret. You see what will happen before anything is stored.',
    content: 'Content',
    contentHint: 'Paste it here, or choose the file. It stays hidden until you tick the box.',
    show: 'Show the text',
    file: 'or choose a file',
    drop: 'Drop the .env file here, or choose it:',
    oneFile: 'Drop one file at a time.',
    unreadable: 'The file cannot be read. Choose it again, or paste its text.',
    preview: 'Preview',
    previewTitle: 'What will happen',
    showValues: 'Show values',
    hidden: '••••••••',
    hiddenLabel: 'hidden',
    cut: (more: number): string => `… and ${counted(more, 'more character')}`,
    edit: 'Change the text',
    states: { new: 'new', replace: 'replaces', leftOut: 'left out', refused: 'refused' },
    leftOut: 'There is no value.',
    refused: (count: number): string =>
      `${counted(count, 'line')} cannot be imported, so nothing will be. Change the text, then preview it again.`,
    about: ({ problem, next, line }: { problem: string; next: string; line?: number }): string =>
      `This cannot be imported: ${problem}${line === undefined ? '' : ` (line ${line})`}. ${next}`,
    run: (count: number): string => `Import ${counted(count, 'secret')}`,
    changed: 'It has changed since the preview. Look again.',
    columns: { line: 'Line', name: 'Name', value: 'Value', size: 'Size', state: 'What happens' },
    progress: (done: number, all: number): string => `${done} of ${all} stored…`,
    stopped: (name: string, why: string): string => `Stopped at ${name}: ${why}`,
  },
} as const;
