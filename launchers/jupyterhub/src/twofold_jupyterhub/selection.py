"""What a user chose, checked: the grammar of Twofold's annotations. Zone 0, pure.

The webhook has the last word; what it would refuse is already refused here, where the user can still change it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

DEFAULT_MOUNT_PATH = "/secrets"
MAX_CHOICES = 256

_NAME = re.compile(r"(?!\.\.)(?!\.\Z)[A-Za-z0-9._-]{1,253}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,252}")
_FORBIDDEN = re.compile(
    r"/(bin|boot|dev|etc|lib[^/]*|proc|root/\.ssh[^/]*|(var/)?run/secrets/kubernetes\.io|sbin|sys|usr)(/|\Z)"
)
_ABOVE = frozenset({"/", "/root", "/run", "/run/secrets", "/var", "/var/run", "/var/run/secrets"})

NAME_RULE = "letters, digits, “.”, “_” and “-”, not starting with “..”"


class SelectionError(ValueError):
    """The choice is not possible. The message says why and what to do, for the user."""

    @property
    def jupyterhub_message(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Choice:
    """One secret, and where the session finds it."""

    secret: str
    kind: Literal["file", "variable"]
    target: str
    """A file's path below the mount path, or a variable's name."""


@dataclass(frozen=True)
class Selection:
    choices: tuple[Choice, ...] = ()
    mount_path: str = DEFAULT_MOUNT_PATH

    @property
    def names(self) -> list[str]:
        """Each secret once, in the order of choice."""
        return list(dict.fromkeys(choice.secret for choice in self.choices))

    def annotations(self) -> dict[str, str]:
        """All but the ticket. Empty where nothing is chosen."""
        files = [choice for choice in self.choices if choice.kind == "file"]
        variables = [choice for choice in self.choices if choice.kind == "variable"]
        found: dict[str, str] = {}
        if files:
            found["twofold.dev/secrets"] = ",".join(map(_file_entry, files))
            found["twofold.dev/mount-path"] = self.mount_path
        if variables:
            found["twofold.dev/env"] = ",".join(f"{each.target}={each.secret}" for each in variables)
        return found

    def as_options(self) -> dict[str, object]:
        """As JSON, for JupyterHub's `user_options`."""
        choices = [[each.secret, each.kind, each.target] for each in self.choices]
        return {"choices": choices, "mount_path": self.mount_path}


def _file_entry(choice: Choice) -> str:
    return choice.secret if choice.target == choice.secret else f"{choice.secret}={choice.target}"


def _quote(text: str) -> str:
    return f"“{text[:60]}{'…' if len(text) > 60 else ''}”"


def is_secret_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def variable_name_for(secret: str) -> str:
    """`db-password` → `DB_PASSWORD`."""
    name = re.sub(r"[^A-Za-z0-9]", "_", secret).upper()
    return f"_{name}" if name[0].isdigit() else name


def _check_mount_path(text: str) -> str:
    hint = f"Use a folder of your own, for example {DEFAULT_MOUNT_PATH}."
    if not text.startswith("/"):
        raise SelectionError(f"The folder does not begin with “/”. {hint}")
    if len(text) > 1024 or re.search(r"[:\x00-\x1f\x7f]", text) or ".." in text.split("/"):
        raise SelectionError(f"The folder is too long, or has “..”, “:” or a control character. {hint}")
    path = posixpath.normpath(f"/{text.lstrip('/')}")
    if path in _ABOVE or _FORBIDDEN.match(path):
        raise SelectionError(f"The folder belongs to the system. {hint}")
    return path


def _check_choice(choice: Choice) -> None:
    if not is_secret_name(choice.secret):
        raise SelectionError(f"The name ({len(choice.secret)} characters) is not a secret's name: {NAME_RULE}.")
    if choice.kind == "file":
        if len(choice.target) > 1024 or not all(is_secret_name(part) for part in choice.target.split("/")):
            raise SelectionError(
                f"The path ({len(choice.target)} characters) is not a file name for {choice.secret}. Use {NAME_RULE}; "
                "folders are separated by “/”."
            )
    elif _VARIABLE.fullmatch(choice.target) is None:
        raise SelectionError(
            f"The variable ({len(choice.target)} characters) is not a variable's name for {choice.secret}. "
            f"Use letters, digits and “_”, for example {variable_name_for(choice.secret)}."
        )


def _check_targets(choices: tuple[Choice, ...]) -> None:
    seen: set[tuple[str, str]] = set()
    for choice in choices:
        if (choice.kind, choice.target) in seen:
            raise SelectionError(
                f"Two secrets go to the {choice.kind} {_quote(choice.target)}. Give each its own name."
            )
        seen.add((choice.kind, choice.target))
    # With the separator below every letter, a file comes right before the paths that need it to be a folder.
    files = sorted(choice.target.replace("/", "\0") for choice in choices if choice.kind == "file")
    for before, path in pairwise(files):
        if path.startswith(f"{before}\0"):
            folder = before.replace("\0", "/")
            raise SelectionError(f"{_quote(folder)} cannot be both a file and a folder. Rename one of them.")


def checked(choices: tuple[Choice, ...], mount_path: str) -> Selection:
    """The selection in its canonical form. Raises `SelectionError`."""
    if len(choices) > MAX_CHOICES:
        raise SelectionError(f"A session gets at most {MAX_CHOICES} secrets. Choose fewer.")
    for choice in choices:
        _check_choice(choice)
    _check_targets(choices)
    return Selection(choices, _check_mount_path(mount_path.strip() or DEFAULT_MOUNT_PATH))


def from_options(options: object) -> Selection:
    """From `user_options`, which may come unchecked through JupyterHub's API. Raises `SelectionError`."""
    if options is None:
        return Selection()
    malformed = SelectionError(
        "This choice of secrets is not one that the form makes. Start again from the form; a program sends "
        '{"choices": [["db-password", "file", "db-password"]], "mount_path": "/secrets"}.'
    )
    if not isinstance(options, Mapping):
        raise malformed
    rows, mount_path = options.get("choices"), options.get("mount_path")
    if not isinstance(rows, list) or not isinstance(mount_path, str):
        raise malformed
    choices: list[Choice] = []
    for row in rows:
        match row:
            case [str(secret), "file" | "variable" as kind, str(target)]:
                choices.append(Choice(secret, kind, target))
            case _:
                raise malformed
    return checked(tuple(choices), mount_path)
