/** A button that copies the code beside it. Zone 0. */
import { text } from '../console/web/shared/text.ts';
import { action, find } from './elements.ts';

const SHOWN_MS = 2_000;

export function enhanceCopy(box: HTMLElement): void {
  const code = find(box, 'code', HTMLElement);
  const button = action(text.secret.copy, () => void copy(), 'small');
  /** Where the browser does not let it be copied, it is selected, for Ctrl-C. */
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = text.secret.copied;
    } catch {
      getSelection()?.selectAllChildren(code);
      button.textContent = text.secret.selected;
    }
    setTimeout(() => (button.textContent = text.secret.copy), SHOWN_MS);
  };
  button.setAttribute('aria-live', 'polite');
  box.append(button);
}
