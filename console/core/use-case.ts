/**
 * Use cases, and the one place where their refusals are recorded: everything a route calls goes through it, so
 * that none can forget to. Zone 1; docs/design.md#audit. A success is recorded in its own
 * transaction.
 */
import type { OwnerId } from '#envelope/names.ts';
import type { AuditAction, AuditStore, AuditSubject } from './audit.ts';
import type { Outcome } from './outcome.ts';
import { refusingBrokenRecords } from './record-error.ts';

/** The audit record of one request; filled in as checks pass. */
export type Trace = { -readonly [K in keyof AuditSubject]: AuditSubject[K] };

/** The subject of an owner's request. */
export function byOwner({ ownerId }: { readonly ownerId: OwnerId }): AuditSubject {
  return { ownerId, actor: 'owner' };
}

export interface UseCase<Request, T> {
  readonly action: AuditAction;
  /** What is known before anything of the request has been checked. */
  readonly subject: (request: Request) => AuditSubject;
  readonly act: (request: Request, trace: Trace) => Promise<Outcome<T>>;
  /** Whether a refusal is worth a record; if absent, each is. */
  readonly isRecorded?: (refused: Outcome<never>, trace: Trace, request: Request) => boolean;
}

/** The use cases of a table as a route calls them. */
export type Calls<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends UseCase<infer Request, infer T>
    ? (request: Request) => Promise<Outcome<T>>
    : never;
};

interface Ports {
  readonly audit: Pick<AuditStore, 'append'>;
  readonly clock: () => number;
}

function callOf<Request, T>({ audit, clock }: Ports, useCase: UseCase<Request, T>) {
  const { action, subject, act, isRecorded = () => true } = useCase;
  return async (request: Request): Promise<Outcome<T>> => {
    const trace: Trace = { ...subject(request) };
    const outcome = await refusingBrokenRecords(() => act(request, trace));
    if (outcome.ok || !isRecorded(outcome, trace, request)) return outcome;
    const { code } = outcome.refusal;
    await audit.append({ ...trace, at: clock(), action, outcome: 'refused', code });
    return outcome;
  };
}

/** Every refusal of every use case in the table is recorded before it is answered. */
export function recordingRefusals<Table extends { readonly [Name in keyof Table]: UseCase<never, unknown> }>(
  ports: Ports,
  table: Table,
): Calls<Table> {
  const useCases: Readonly<Record<string, UseCase<never, unknown>>> = table;
  const calls = Object.entries(useCases).map(([name, useCase]) => [name, callOf(ports, useCase)]);
  return Object.fromEntries(calls) as Calls<Table>; // each has the type of its use case
}
