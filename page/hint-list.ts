/** The hints below the field of a value: at once where one is pasted or chosen, after a pause where it is typed. Zone 0. */
import { valueHints, valueHintTexts, type ValueHint } from '#envelope/value-hints.ts';
import { make } from './elements.ts';

interface HintList {
  /** While a person types, only hints that no longer hold go at once. */
  show(value: () => Uint8Array, typing: boolean): void;
}

const PAUSE_MS = 700;

export function createHintList(list: HTMLElement): HintList {
  let shown: readonly ValueHint[] = [];
  let pause: ReturnType<typeof setTimeout> | undefined;
  const set = (hints: readonly ValueHint[]): void => {
    if (hints.join() === shown.join()) return;
    shown = hints;
    list.replaceChildren(...hints.map((hint) => make('li', {}, valueHintTexts[hint])));
  };
  const look = (value: () => Uint8Array): readonly ValueHint[] => {
    const bytes = value();
    const hints = valueHints(bytes);
    bytes.fill(0);
    return hints;
  };
  return {
    show: (value, typing) => {
      clearTimeout(pause);
      const hints = look(value);
      if (!typing) {
        set(hints);
        return;
      }
      set(shown.filter((hint) => hints.includes(hint)));
      pause = setTimeout(() => set(look(value)), PAUSE_MS);
    },
  };
}
