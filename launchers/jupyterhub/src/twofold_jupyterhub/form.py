"""The options form as HTML, and what a browser sends back. Zone 0, pure. It works without JavaScript."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Literal

from .console import Secret
from .selection import DEFAULT_MOUNT_PATH, Choice, Selection, SelectionError, checked, variable_name_for

PREFIX = "twofold-"
_SECRET = f"{PREFIX}secret"
_MOUNT_PATH = f"{PREFIX}mount-path"
_FOLDER_ID = f"{PREFIX}folder"

_SEARCH = """<script>(() => {
  const own = document.currentScript.previousElementSibling;
  const rows = [...own.querySelectorAll('tbody tr')];
  const field = own.querySelector('input[type=search]');
  const status = own.querySelector('[role=status]');
  const boxOf = (row) => row.querySelector('input[type=checkbox]');
  const count = () => {
    const ticked = rows.filter((row) => boxOf(row).checked).length;
    const none = rows.every((row) => row.hidden) ? '; no name matches' : '';
    status.textContent = `${ticked} of ${rows.length} ticked${none}`;
  };
  field.addEventListener('input', () => {
    const part = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !boxOf(row).checked && !boxOf(row).value.toLowerCase().includes(part);
    count();
  });
  field.addEventListener('keydown', (event) => event.key === 'Enter' && event.preventDefault());
  own.addEventListener('change', count);
  field.closest('p').hidden = false;
  count();
})();</script>"""
"""Search never hides what is ticked, and Enter in it starts no server."""


def _kinds(secret: Secret, chosen: Choice | None, variables: bool) -> str:
    name = escape(secret.name)
    if not variables:
        return "file"
    if not secret.env_safe:
        return '<span title="It holds bytes that a variable cannot.">file</span>'
    selected = " selected" if chosen is not None and chosen.kind == "variable" else ""
    return (
        f'<select class="form-control form-select" style="min-width:7em" name="{PREFIX}kind-{name}" '
        f'aria-label="How {name} arrives">'
        f'<option value="file">file</option><option value="variable"{selected}>variable</option></select>'
    )


def _default_target(kind: Literal["file", "variable"], name: str) -> str:
    return variable_name_for(name) if kind == "variable" and name else name


def _row(at: int, secret: Secret, chosen: Choice | None, variables: bool) -> str:
    name = escape(secret.name)
    # Not by name: a secret may be called like any other part of this page.
    box = f"{PREFIX}box-{at}"
    checked_ = "" if chosen is None else " checked"
    own_target = chosen is not None and chosen.target != _default_target(chosen.kind, chosen.secret)
    value = f' value="{escape(chosen.target)}"' if chosen is not None and own_target else ""
    hint = name if not variables else f"{name}, or {escape(variable_name_for(secret.name))}"
    return (
        f'<tr><td><input type="checkbox" id="{box}" name="{_SECRET}" value="{name}"{checked_}> '
        f'<label for="{box}">{name}</label></td>'
        f"<td>{_kinds(secret, chosen, variables)}</td>"
        f'<td><input type="text" class="form-control" style="min-width:10em" name="{PREFIX}target-{name}"{value} '
        f'placeholder="{hint}" aria-label="File or variable for {name}" autocomplete="off" spellcheck="false">'
        "</td></tr>"
    )


def _link(console_url: str, text: str) -> str:
    return f'<a href="{escape(console_url)}" target="_blank" rel="noopener">{escape(text)}</a>'


def _problem_of(choice: Choice, secret: Secret | None, *, variables: bool) -> str | None:
    """Why it cannot be delivered as chosen."""
    if secret is None:
        return f"You have no secret {choice.secret} any more. Leave it out, or add it again."
    if choice.kind == "variable" and not variables:
        return "This hub gives secrets as files only. Choose “file”."
    if choice.kind == "variable" and not secret.env_safe:
        return f"{choice.secret} holds bytes that a variable cannot. Choose “file” for it."
    return None


def _left_out(last: Selection, ticked: Mapping[str, Choice]) -> str:
    names = [name for name in last.names if name not in ticked]
    if not names:
        return ""
    shown = ", ".join(map(escape, names[:5])) + ("" if len(names) <= 5 else f" and {len(names) - 5} more")
    return (
        '<p class="alert alert-warning" role="alert">Chosen before, and not ticked now, because it is gone or can no '
        f"longer be delivered like that: {shown}.</p>"
    )


def render(
    secrets: Sequence[Secret],
    *,
    console_url: str,
    variables: bool,
    last: Selection = Selection(),  # noqa: B008 - it is immutable
) -> str:
    """Twofold's part of the form: ticked is what was chosen last, and nothing the first time."""
    heading = "<fieldset><legend>My secrets</legend>"
    known = {secret.name: secret for secret in secrets}
    ticked = {
        choice.secret: choice
        for choice in reversed(last.choices)
        if _problem_of(choice, known.get(choice.secret), variables=variables) is None
    }
    left_out = _left_out(last, ticked)
    if not secrets:
        add = _link(console_url, "Add one")
        return f"{heading}{left_out}<p>You have no secrets yet. {add}, then reload this page.</p></fieldset>"
    name = "File or variable" if variables else "File"
    rows = "".join(_row(at, secret, ticked.get(secret.name), variables) for at, secret in enumerate(secrets))
    return (
        f"{heading}{left_out}<p>Tick what this server may use. It can read nothing else of yours. "
        f"{_link(console_url, 'Manage my secrets')}</p>"
        '<p hidden><label>Search <input type="search" class="form-control" autocomplete="off" spellcheck="false">'
        '</label> <span role="status"></span></p>'
        f'<div class="table-responsive"><table class="table"><thead><tr><th>Secret</th><th>As</th><th>{name}</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
        f'<label for="{_FOLDER_ID}">Folder of the files</label> '
        f'<input type="text" class="form-control" id="{_FOLDER_ID}" name="{_MOUNT_PATH}" '
        f'value="{escape(last.mount_path or DEFAULT_MOUNT_PATH)}" autocomplete="off" spellcheck="false"></fieldset>'
        f"{_SEARCH}"
    )


def render_problem(message: str, *, console_url: str) -> str:
    """In place of the list: why there is none. The server can be started without secrets."""
    return (
        '<fieldset><legend>My secrets</legend><p class="alert alert-warning" role="alert">'
        f"{escape(message)}</p><p>{_link(console_url, 'My secrets')}</p></fieldset>"
    )


def is_ours(field: str) -> bool:
    return field.startswith(PREFIX)


def _first(form: Mapping[str, Sequence[str]], field: str) -> str:
    values = form.get(field) or [""]
    return values[0].strip()


def read(form: Mapping[str, Sequence[str]]) -> Selection:
    """What was ticked, as it was typed."""
    choices: list[Choice] = []
    for name in dict.fromkeys(form.get(_SECRET, [])):
        kind: Literal["file", "variable"] = "file"
        match _first(form, f"{PREFIX}kind-{name}"):
            case "" | "file":
                pass
            case "variable":
                kind = "variable"
            case _:
                raise SelectionError(f"{name} arrives as a file or as a variable. Choose one of the two.")
        choices.append(Choice(name, kind, _first(form, f"{PREFIX}target-{name}") or _default_target(kind, name)))
    return Selection(tuple(choices), _first(form, _MOUNT_PATH))


def parse(form: Mapping[str, Sequence[str]]) -> Selection:
    """What was ticked, checked. Raises `SelectionError`."""
    typed = read(form)
    return checked(typed.choices, typed.mount_path)


def check_known(selection: Selection, secrets: Iterable[Secret], *, variables: bool) -> None:
    """Raises `SelectionError` where a chosen secret does not exist, or cannot be delivered as chosen."""
    known = {secret.name: secret for secret in secrets}
    for choice in selection.choices:
        problem = _problem_of(choice, known.get(choice.secret), variables=variables)
        if problem is not None:
            raise SelectionError(problem)
