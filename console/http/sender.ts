/** Who counts as one sender where nobody has logged in. Zone 1; docs/design.md#addresses. */
import type { Socket } from 'node:net';
import { ipKeyGenerator } from 'express-rate-limit';

/** What one client has to itself in IPv6: it can send from every address of it. */
const IPV6_PREFIX = 64;

/**
 * The connection's IPv4 address, also where it comes in IPv6's notation (`::ffff:192.0.2.1`), or the network of its IPv6
 * address. Never a header's: a client must not choose its counter.
 */
export function senderOf({ socket }: { readonly socket: Partial<Pick<Socket, 'remoteAddress'>> }): string {
  return ipKeyGenerator(socket.remoteAddress ?? '', IPV6_PREFIX);
}
