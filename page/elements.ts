/** Elements of the page, found and made. Zone 0. Text becomes text nodes: no string is ever parsed as markup. */

/** Throws where the page does not have it: page and script come from one build. */
export function find<E extends HTMLElement>(root: ParentNode, selector: string, kind: new () => E): E {
  const element = root.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`the page has no ${selector}`);
  return element;
}

export function part(root: ParentNode, name: string): HTMLElement {
  return find(root, `[data-part="${name}"]`, HTMLElement);
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button that does not submit. */
export function action(label: string, run: () => void, className = ''): HTMLButtonElement {
  const button = make('button', { type: 'button', class: className }, label);
  button.addEventListener('click', run);
  return button;
}

/** Shows beside the field what is wrong, if anything. */
export function showError(
  field: HTMLElement,
  id: string,
  problem: string | undefined,
  ...more: readonly Node[]
): void {
  find(document, `#${id}`, HTMLElement).replaceChildren(
    ...(problem === undefined ? [] : [problem, ' ', ...more]),
  );
  if (problem === undefined) field.removeAttribute('aria-invalid');
  else field.setAttribute('aria-invalid', 'true');
}
