/**
 * The few pages of the development identity provider: no external resources, no script. Development tool, no zone.
 */

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body><main><h1>${title}</h1>${content}</main></body>
</html>`;
}

export function loginPage(uid: string): string {
  return page(
    'Development sign-in',
    `<p>No password: any name is an account.</p>
<form method="post" action="/interaction/${escapeHtml(uid)}">
<label>Name <input name="username" autocomplete="username" required autofocus></label>
<button type="submit">Sign in</button>
</form>`,
  );
}

/** @param form the provider's form, with the id `op.deviceInputForm` */
export function codePage(form: string, failed: boolean): string {
  const hint = failed ? 'That code is unknown or has expired.' : 'Enter the code that your terminal shows.';
  const button = '<button type="submit" form="op.deviceInputForm">Continue</button>';
  return page('Sign in a device', `<p>${hint}</p>${form}${button}`);
}

/** @param form the provider's form, with the id `op.deviceConfirmForm` */
export function confirmPage(form: string, code: string): string {
  const button = '<button type="submit" form="op.deviceConfirmForm" autofocus>Yes</button>';
  return page(
    'Sign in a device',
    `<p>Does your terminal show <code>${escapeHtml(code)}</code>?</p>${form}${button}`,
  );
}

export function donePage(): string {
  return page('Signed in', '<p>You can close this page.</p>');
}

/** @param form the provider's form, with the id `op.logoutForm` */
export function logoutPage(form: string): string {
  const button =
    '<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>';
  return page('Development sign-out', `<p>Sign out of this provider too?</p>${form}${button}`);
}

export function loggedOutPage(): string {
  return page('Signed out', '<p>You can close this page.</p>');
}

export function errorPage(error: string, description: string): string {
  return page('Sign-in failed', `<p><code>${escapeHtml(error)}</code> ${escapeHtml(description)}</p>`);
}
