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
    size: shownSize,
    expires: 'Last day of use',
    expiresHint: 'Optional. After that day (UTC), no session gets it.',
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

  secret: {
    uses: 'Uses and changes',
    usesLead: 'Newest first. A session’s claim is the moment it gets the value.',
    noUses: 'Nothing has been recorded yet.',
    replace: 'Replace',
    delete: 'Delete',
    version: 'Version',
    variable: 'As an environment variable',
    variableYes: 'possible',
    variableNo: 'not possible: files only',
    inSession: 'In a session',
    // A path in the pod, not of a URL.
    fileAt: (name: string): string => '/secrets/' + name,
  },

  remove: {
    title: (name: string): string => `Delete ${name}?`,
    lead: 'Running sessions keep what they have. No new session gets it, and nobody can restore it.',
    confirm: 'Delete the secret',
    changed: 'This secret has changed since you opened this page. Look again before you delete it.',
  },

  said: {
    created: (name: string): string => `${name} is stored. Tick it when you start your next session.`,
    replaced: (name: string): string => `${name} has a new value.`,
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
    contentHint: 'Paste it here, or choose the file.',
    file: 'File',
    preview: 'Preview',
    previewTitle: 'What will happen',
    nothing: 'There is no NAME=value in this text.',
    states: { new: 'new', replace: 'replaces', invalid: 'left out' },
    problems: {
      empty: 'There is no value.',
      tooMany: 'An import has at most 1,000 secrets; import this one and those below it next.',
    },
    run: (count: number): string => `Import ${counted(count, 'secret')}`,
    unreadable: 'This is not text, or is larger than 1 MiB. Choose another file, or split it.',
    changed: 'It has changed since the preview. Look again.',
    columns: { line: 'Line', name: 'Name', size: 'Size', state: 'What happens' },
    progress: (done: number, all: number): string => `${done} of ${all} stored…`,
    stopped: (name: string, why: string): string => `Stopped at ${name}: ${why}`,
  },
} as const;
