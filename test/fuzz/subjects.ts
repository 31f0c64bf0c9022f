/** Everything that is fed. */
import { readdirSync, readFileSync } from 'node:fs';
import { closeConsole } from './console-stage.ts';
import { consoleSubjects } from './console.ts';
import { formatSubjects } from './formats.ts';
import type { Subject } from './harness.ts';
import type { Json } from './mutate.ts';
import { pageSubjects } from './pages.ts';
import { closePeers, peerSubjects } from './peers.ts';
import { providerSubjects } from './providers.ts';
import { reviewSubject } from './reviews.ts';
import { serviceSubjects } from './services.ts';

export const subjects: readonly Subject[] = [
  reviewSubject,
  ...consoleSubjects,
  ...peerSubjects,
  ...providerSubjects,
  ...serviceSubjects,
  ...formatSubjects,
  ...pageSubjects,
];

/** Ends what subjects have started. */
export async function closeSubjects(): Promise<void> {
  await Promise.all([closeConsole(), closePeers()]);
}

/** An input that once did what none may do. */
export interface Found {
  readonly subject: string;
  readonly kind: string;
  readonly why: string;
  readonly input: Json;
}

export const foundFolder = new URL('./found/', import.meta.url);

export function foundInputs(): readonly (Found & { readonly file: string })[] {
  return readdirSync(foundFolder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ file, ...(JSON.parse(readFileSync(new URL(file, foundFolder), 'utf8')) as Found) }));
}
