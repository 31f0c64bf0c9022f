/** What a ticket's row keeps of its text. Zone 1; design §4. */
import { ticketText } from '#envelope/annotations.ts';
import { utf8 } from '#envelope/bytes.ts';
import type { Cipher } from '#envelope/cipher.ts';

export interface TicketHash {
  /** Of the whole text, white space around it aside: of a ticket presented, on a pod, or just signed alike. */
  of(text: string): string;
  /** Whether this text has that hash; takes as long however much of it is the same. */
  isOf(text: string, hash: string): boolean;
}

interface Ports {
  readonly sha256Hex: (text: string) => string;
  readonly cipher: Pick<Cipher, 'equal'>;
}

export function createTicketHash({ sha256Hex, cipher }: Ports): TicketHash {
  const of = (text: string): string => sha256Hex(ticketText(text));
  return { of, isOf: (text, hash) => cipher.equal(utf8(of(text)), utf8(hash)) };
}
