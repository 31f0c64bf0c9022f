/** The page's script: each island makes one part of the page better, and the page works without any. Zone 0; design §5. */
import { enhanceDeletes } from './delete.ts';
import { enhanceImport } from './import.ts';
import { enhanceLaunch, postAnswer, reloadOnLogin, returnAnswer } from './launch.ts';
import { announceLogin } from './login-again.ts';
import { showSaid } from './said.ts';
import { enhanceWrite } from './write.ts';

const islands: Readonly<Record<string, (element: HTMLElement) => void>> = {
  import: enhanceImport,
  launch: enhanceLaunch,
  'launch-message': postAnswer,
  'launch-return': returnAnswer,
  'reload-on-login': reloadOnLogin,
  'logged-in': announceLogin,
  said: showSaid,
  write: enhanceWrite,
};

for (const element of document.querySelectorAll<HTMLElement>('[data-island]')) {
  islands[element.dataset['island'] ?? '']?.(element);
}
enhanceDeletes();
