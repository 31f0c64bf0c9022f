/** What follows for tickets where secrets are deleted. Zone 0; docs/design.md#tickets. */
import type { SecretName } from '#envelope/names.ts';
import { dataOf, type Api, type Schemas } from '../api/client.ts';
import { time } from '../output.ts';

/** As many are looked at for each secret. */
const MOST = 20;

function told({ jti, namespace, pod, expiresAt }: Schemas['Ticket']): string {
  return `  ${jti}  ${pod === null ? 'any pod' : `pod ${pod}`} in ${namespace}, until ${time(expiresAt)}`;
}

/** A line for each secret that live tickets name, and for each of these; none where there are none. */
export async function consequences(api: Api, names: readonly SecretName[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const secret of names) {
    const query = { secret, live: 'true', limit: MOST } as const;
    const { items } = dataOf(await api.GET('/api/v1/tickets', { params: { query } }));
    if (items.length === 0) continue;
    const count = `${items.length === MOST ? 'at least ' : ''}${items.length}`;
    lines.push(`${secret} is named by live tickets (${count}):`, ...items.map(told));
  }
  return lines;
}
