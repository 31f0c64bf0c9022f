/** `twofold` as data: every command, the options of each, and the exit codes. Zone 0. */
import type { OptionSpecs, Program } from '#platform/commands.ts';
import type { Context } from './command.ts';
import { annotate } from './commands/annotate.ts';
import { completion } from './commands/completion.ts';
import { edit } from './commands/edit.ts';
import { importSecrets } from './commands/import.ts';
import { login, logout, whoami } from './commands/login.ts';
import { add, list, remove, replace } from './commands/secrets.ts';
import { ticket, ticketsList, ticketsRevoke } from './commands/tickets.ts';
import { trust } from './commands/trust.ts';
import { exitCodes } from './failure.ts';
import manifest from './npm/package.json' with { type: 'json' };
import { absent, synonyms } from './other-names.ts';
import type { Result } from './output.ts';
import { settingSpecs } from './settings.ts';

const options: OptionSpecs = {
  output: {
    value: ['text', 'json'],
    short: 'o',
    doc: 'Output format: text (default), or JSON for programs.',
  },
  ...Object.fromEntries(settingSpecs.map(({ flag, value, doc }) => [flag, { value, doc }])),
};

export const program: Program<Context, Result> = {
  name: 'twofold',
  version: manifest.version,
  summary: 'your secrets, sealed on this machine, delivered into your Kubernetes sessions.',
  commands: [
    login,
    logout,
    whoami,
    list,
    add,
    replace,
    edit,
    remove,
    importSecrets,
    annotate,
    ticket,
    ticketsList,
    ticketsRevoke,
    trust,
    completion,
  ],
  options,
  exitCodes,
  synonyms,
  absent,
  sections: {
    'First steps': [
      '  twofold login --console https://twofold.example.org',
      '  twofold secrets add db-password',
      '  twofold annotate pod.yaml --secrets db-password | kubectl apply -f -',
    ],
  },
};
