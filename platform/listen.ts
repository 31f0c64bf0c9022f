/** How every server of Twofold listens. No zone; docs/design.md#addresses. */
import type { Server } from 'node:net';

/** Every address of the machine, IPv4 and IPv6, whatever `net.ipv6.bindv6only` says. */
export const ALL_ADDRESSES = '::';
const ALL_IPV4_ADDRESSES = '0.0.0.0';
/** How systems without IPv6 refuse one of its addresses. */
const WITHOUT_IPV6: readonly unknown[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

function listenOnce(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/** The port. Where a machine has no IPv6, all addresses are those of IPv4. */
export async function listenOn(server: Server, host: string, port: number): Promise<number> {
  try {
    return await listenOnce(server, host, port);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (host !== ALL_ADDRESSES || !WITHOUT_IPV6.includes(code)) throw error;
    return await listenOnce(server, ALL_IPV4_ADDRESSES, port);
  }
}
