/** The recipes on a secret's page, with its own name in them. Zone 1; docs/design.md#page. */
import { html, type Html } from './html.ts';
import { allRecipes, recipeCode, suitedRecipe, type Recipe } from './shared/recipes.ts';
import { text } from './shared/text.ts';

/** What is in backquotes as code. */
function withCode(sentence: string): Html {
  const parts = sentence.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part));
  return html`${parts}`;
}

function recipeDetails(recipe: Recipe, name: string, open: boolean): Html {
  const { title, holds, note } = recipe;
  const summary = html`<summary>${title}</summary>`;
  const content = html`<p class="hint">${text.secret.holds} ${withCode(holds)}.</p>
    <div class="code" data-island="copy">
      <pre tabindex="0" aria-label="${text.secret.code(title)}"><code>${recipeCode(recipe, name)}</code></pre>
    </div>
    ${note !== undefined && html`<p class="hint">${withCode(note)}</p>`}`;
  return open
    ? html`<details name="recipe" open>${summary}${content}</details>`
    : html`<details name="recipe">${summary}${content}</details>`;
}

export function recipeList(name: string): Html {
  const suited = suitedRecipe(name);
  return html`<h2>${text.secret.recipes}</h2>
    <p class="hint">${text.secret.recipesLead}</p>
    <div class="card recipes">
      ${allRecipes.map(([id, each]) => recipeDetails(each, name, id === suited))}
    </div>`;
}
