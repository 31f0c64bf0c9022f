/** What an owner sees of a ticket's use. */
import type { Person } from '../../../scripts/dev/person.ts';

interface TicketUse {
  readonly jti: string;
  /** Sessions that have claimed with it. */
  readonly used: number;
  readonly sessions: readonly { readonly sid: string; readonly claims: number }[];
}

/** Undefined where it is not among the owner's newest tickets. */
export async function useOf(owner: Person, jti: string): Promise<TicketUse | undefined> {
  const { items } = await owner.must<{ items: TicketUse[] }>('GET', '/api/v1/tickets?limit=100');
  return items.find((ticket) => ticket.jti === jti);
}
