/**
 * Every English text of the page, for the console that renders it and for the script in the browser. Zone 1, and zone 0
 * through the page's bundle: pure.
 */
import { counted } from './quantities.ts';
import { secretText } from './secret-text.ts';
import { sessionText } from './session-text.ts';

export const text = {
  product: 'Twofold',
  skip: 'Skip to content',
  nav: { label: 'Pages', secrets: 'My secrets', tickets: 'Tickets', activity: 'Activity', docs: 'API' },
  loggedInAs: 'Logged in as',
  logIn: 'Log in',
  logOut: 'Log out',
  cancel: 'Cancel',
  dismiss: 'Dismiss',
  back: 'Back to my secrets',
  never: 'never',
  none: 'none',
  errorPrefix: 'Error:',

  welcome: {
    title: 'Secrets for your sessions',
    lead: 'Store passwords, tokens and keys once. Every notebook or job that you start finds the ones you choose, as files.',
    steps: [
      [
        'Store',
        'Give a secret a name and a value. It is encrypted twice, under two keys that no single service holds.',
      ],
      [
        'Choose',
        'When you start a session, tick the secrets that it needs. It gets nothing that you did not tick.',
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
    lead: 'It serves programs only. An operator can turn the page on by giving the console a client at the identity provider.',
    link: 'Description of the API',
  },

  login: {
    failedTitle: 'The login did not work',
    declined: 'The identity provider did not log you in. You can try again.',
    refused:
      'The identity provider’s answer does not match this login. That happens when a login takes too long, or was begun in another browser. Try again.',
    downTitle: 'Logging in is not possible right now',
    down: 'The identity provider does not answer. Your secrets are safe, and running sessions continue. Try again in a moment.',
    misconfigured: (why: string): string =>
      `Whoever runs this console must correct its settings; your secrets are safe, and running sessions continue. ${why}`,
    again: 'Try again',
    doneTitle: 'You are logged in',
    done: 'You can close this tab, and go on where you left off.',
    outTitle: 'You are logged out here',
    outLead: 'Next, your login at the identity provider ends too.',
    outNow: 'Continue',
  },

  expired: {
    title: 'Log in again, then send it once more',
    lead: 'Your login has ended. Nothing is lost: what you typed is still in the form below, and nothing was stored.',
    step: 'Log in in another tab',
    then: 'and come back to this one to send the form again.',
    unread:
      'There is no login in this browser, so the form was not read. Log in in another tab, come back with your browser’s back button, and send it once more.',
    unsafe: 'Please send the form once more: it was opened under another login.',
    otherPerson:
      'You have logged in as somebody else. Log in as before to store this, or copy it and reload the page.',
    continue: 'Continue',
    inPlace: 'Your login has ended. Log in again; what you typed stays here, and is then sent.',
  },

  failed: {
    title: 'That did not work',
    notFoundTitle: 'There is nothing here',
    notFound: 'The address is wrong, or what was here is gone.',
    unknownSecret: (name: string): string => `You have no secret ${name}. Perhaps it was deleted.`,
    unknownName: 'You have no secret of this name, and nobody can: it is not a name.',
    crossSite: 'This came from another site, and was refused. Use the forms of this page.',
    tooMany: (seconds: number): string => `Too many requests. Try again in ${counted(seconds, 'second')}.`,
    down: 'The console cannot do this right now. Try again in a moment.',
    internal: 'Something went wrong in the console, which has logged it. Try again later.',
    tooLarge: 'This is too large to send. A value has at most 64 KiB.',
    malformed: 'The console did not understand what was sent. Reload the page.',
    network: 'The console does not answer. What you typed is still here; try again.',
  },

  ...secretText,
  ...sessionText,
} as const;
