/** Every command, in the order of the help. Zone 0. */
import type { Command } from './command.ts';
import { annotate } from './commands/annotate.ts';
import { completion } from './commands/completion.ts';
import { importSecrets } from './commands/import.ts';
import { login, logout, whoami } from './commands/login.ts';
import { add, list, remove, replace } from './commands/secrets.ts';
import { ticket, ticketsList, ticketsRevoke } from './commands/tickets.ts';
import { trust } from './commands/trust.ts';

export const commands: readonly Command[] = [
  login,
  logout,
  whoami,
  list,
  add,
  replace,
  remove,
  importSecrets,
  annotate,
  ticket,
  ticketsList,
  ticketsRevoke,
  trust,
  completion,
];
