/**
 * The page's script: each island makes one part of the page better, and the page works without any. Zone 0;
 * docs/design.md#page.
 */
import { enhanceDeletes } from './delete.ts';
import { enhanceImport } from './import.ts';
import { enhanceDecline, postAnswer, relayAnswer, returnAnswer } from './launch-answer.ts';
import { enhanceLaunch, sendOnLogin } from './launch.ts';
import { announceLogin } from './login-again.ts';
import { showSaid } from './notices.ts';
import { enhanceWrite } from './write.ts';

const islands: Readonly<Record<string, (element: HTMLElement) => void>> = {
  import: enhanceImport,
  launch: enhanceLaunch,
  'launch-decline': enhanceDecline,
  'launch-message': postAnswer,
  'launch-relay': relayAnswer,
  'launch-return': returnAnswer,
  'logged-in': announceLogin,
  said: showSaid,
  'send-on-login': sendOnLogin,
  write: enhanceWrite,
};

for (const element of document.querySelectorAll<HTMLElement>('[data-island]')) {
  islands[element.dataset['island'] ?? '']?.(element);
}
enhanceDeletes();
