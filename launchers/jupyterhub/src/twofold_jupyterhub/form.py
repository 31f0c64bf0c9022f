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


def _kinds(secret: Secret, variables: bool) -> str:
    name = escape(secret.name)
    if not variables:
        return "file"
    if not secret.env_safe:
        return '<span title="It holds bytes that a variable cannot.">file</span>'
    return (
        f'<select class="form-control" name="{PREFIX}kind-{name}" aria-label="How {name} arrives">'
        '<option value="file">file</option><option value="variable">variable</option></select>'
    )


def _row(secret: Secret, variables: bool) -> str:
    name = escape(secret.name)
    box = f"{PREFIX}{name}"
    hint = name if not variables else f"{name}, or {escape(variable_name_for(secret.name))}"
    return (
        f'<tr><td><input type="checkbox" id="{box}" name="{_SECRET}" value="{name}"> '
        f'<label for="{box}">{name}</label></td>'
        f"<td>{_kinds(secret, variables)}</td>"
        f'<td><input type="text" class="form-control" name="{PREFIX}target-{name}" placeholder="{hint}" '
        f'aria-label="File or variable for {name}" autocomplete="off" spellcheck="false"></td></tr>'
    )


def _link(console_url: str, text: str) -> str:
    return f'<a href="{escape(console_url)}" target="_blank" rel="noopener">{escape(text)}</a>'


def render(secrets: Sequence[Secret], *, console_url: str, variables: bool) -> str:
    """Twofold's part of the form. Nothing is ticked."""
    heading = "<fieldset><legend>My secrets</legend>"
    if not secrets:
        add = _link(console_url, "Add one")
        return f"{heading}<p>You have no secrets yet. {add}, then reload this page.</p></fieldset>"
    name = "File or variable" if variables else "File"
    rows = "".join(_row(secret, variables) for secret in secrets)
    return (
        f"{heading}<p>Tick what this server may use. It can read nothing else of yours. "
        f"{_link(console_url, 'Manage my secrets')}</p>"
        f'<table class="table"><thead><tr><th>Secret</th><th>As</th><th>{name}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
        f'<label for="{_MOUNT_PATH}">Folder of the files</label> '
        f'<input type="text" class="form-control" id="{_MOUNT_PATH}" name="{_MOUNT_PATH}" '
        f'value="{DEFAULT_MOUNT_PATH}" autocomplete="off" spellcheck="false"></fieldset>'
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


def parse(form: Mapping[str, Sequence[str]]) -> Selection:
    """What was ticked, checked. Raises `SelectionError`."""
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
        default = variable_name_for(name) if kind == "variable" and name else name
        choices.append(Choice(name, kind, _first(form, f"{PREFIX}target-{name}") or default))
    return checked(tuple(choices), _first(form, _MOUNT_PATH))


def check_known(selection: Selection, secrets: Iterable[Secret], *, variables: bool) -> None:
    """Raises `SelectionError` where a chosen secret does not exist, or cannot be delivered as chosen."""
    known = {secret.name: secret for secret in secrets}
    for choice in selection.choices:
        secret = known.get(choice.secret)
        if secret is None:
            raise SelectionError(f"You have no secret {choice.secret} any more. Leave it out, or add it again.")
        if choice.kind == "variable" and not variables:
            raise SelectionError("This hub gives secrets as files only. Choose “file”.")
        if choice.kind == "variable" and not secret.env_safe:
            raise SelectionError(f"{choice.secret} holds bytes that a variable cannot. Choose “file” for it.")
