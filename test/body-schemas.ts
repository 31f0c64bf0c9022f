/** The schema of every JSON body that the console accepts. */
import { claimBody } from '../console/internal/claim.ts';
import { resolveBody } from '../console/internal/resolve.ts';
import { createForms, replaceForms, secretChanges } from '../console/public/secret-schemas.ts';
import { ticketRequest } from '../console/public/ticket-schemas.ts';

export const bodySchemas = [
  ...Object.values(createForms),
  ...Object.values(replaceForms),
  secretChanges,
  ticketRequest,
  resolveBody,
  claimBody,
] as const;
