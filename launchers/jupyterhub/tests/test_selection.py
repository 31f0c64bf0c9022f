from __future__ import annotations

import re

import pytest

from twofold_jupyterhub.console import Secret
from twofold_jupyterhub.form import check_known, is_ours, parse, render, render_problem
from twofold_jupyterhub.selection import Choice, Selection, SelectionError, checked, from_options, variable_name_for

URL = "https://secrets.example.org"
A = Secret("db-password", env_safe=True)
B = Secret("key.bin", env_safe=False)


def test_nothing_is_ticked_and_every_secret_has_a_box() -> None:
    html = render([A, B], console_url=URL, variables=True)
    assert " checked" not in html
    assert html.count('type="checkbox"') == 2
    assert 'value="/secrets"' in html
    assert html.count("<select") == 1, "a value that cannot be a variable is offered as a file alone"


def test_a_form_without_variables_offers_files_alone() -> None:
    assert "<select" not in render([A, B], console_url=URL, variables=False)


def test_without_secrets_the_form_says_what_to_do_first() -> None:
    html = render([], console_url=URL, variables=False)
    assert "You have no secrets yet." in html
    assert f'href="{URL}"' in html


def ticked(html: str) -> list[str]:
    return re.findall(r'value="([^"]*)" checked>', html)


def test_what_was_chosen_last_is_ticked_as_it_was() -> None:
    last = Selection((Choice("db-password", "variable", "PGPASSWORD"), Choice("key.bin", "file", "key.bin")), "/data")
    html = render([A, B, Secret("new", env_safe=True)], console_url=URL, variables=True, last=last)
    assert ticked(html) == ["db-password", "key.bin"]
    assert 'name="twofold-target-db-password" value="PGPASSWORD"' in html
    assert 'name="twofold-target-key.bin" placeholder' in html, "a default stays one"
    assert html.count("selected") == 1
    assert 'value="/data"' in html


def test_what_was_chosen_last_and_is_gone_is_named() -> None:
    gone = tuple(Choice(f"<gone-{at}>", "file", "x") for at in range(7))
    last = Selection((Choice("db-password", "variable", "X"), *gone))
    html = render([A, B], console_url=URL, variables=False, last=last)
    assert ticked(html) == []
    assert "db-password, &lt;gone-0&gt;, &lt;gone-1&gt;, &lt;gone-2&gt;, &lt;gone-3&gt; and 3 more." in html
    assert "is gone" in render([], console_url=URL, variables=False, last=Selection(gone))


def test_no_two_elements_have_the_same_id_whatever_secrets_are_called() -> None:
    names = ["mount-path", "folder", "box-0", "secret", "search", "kind-a", "twofold-folder"]
    html = render([Secret(name, env_safe=True) for name in names], console_url=URL, variables=True)
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(set(ids)) == len(ids) == len(names) + 1
    assert sorted(re.findall(r' for="([^"]*)"', html)) == sorted(ids), "each has its label"


def test_the_search_field_is_not_part_of_what_is_sent() -> None:
    html = render([A], console_url=URL, variables=False)
    (field,) = re.findall(r'<input type="search"[^>]*>', html)
    assert "name=" not in field
    assert html.index("<p hidden>") < html.index(field), "without JavaScript there is none"


def test_what_is_shown_is_never_markup() -> None:
    html = render_problem('<img src=x onerror="alert(1)">', console_url='https://x/"><script>')
    assert "<img" not in html
    assert "<script" not in html


def test_what_the_form_sends_becomes_annotations() -> None:
    form = {
        "twofold-secret": ["db-password", "key.bin", "token"],
        "twofold-kind-db-password": ["variable"],
        "twofold-target-db-password": ["PGPASSWORD"],
        "twofold-target-key.bin": [" keys/key.bin "],
        "twofold-kind-token": ["file"],
        "twofold-target-token": [""],
        "twofold-mount-path": ["/home/jovyan//secrets/"],
    }
    assert all(map(is_ours, form))
    selection = parse(form)
    assert selection.annotations() == {
        "twofold.dev/secrets": "key.bin=keys/key.bin,token",
        "twofold.dev/mount-path": "/home/jovyan/secrets",
        "twofold.dev/env": "PGPASSWORD=db-password",
    }
    assert selection.names == ["db-password", "key.bin", "token"]
    assert from_options(selection.as_options()) == selection, "it survives JupyterHub's database"


def test_nothing_ticked_chooses_nothing() -> None:
    selection = parse({"twofold-target-db-password": ["x"], "twofold-mount-path": ["/secrets"]})
    assert selection == Selection()
    assert selection.annotations() == {}


def test_a_variable_without_a_name_is_called_like_its_secret() -> None:
    form = {"twofold-secret": ["db-password"], "twofold-kind-db-password": ["variable"]}
    assert parse(form).annotations() == {"twofold.dev/env": "DB_PASSWORD=db-password"}
    assert variable_name_for("9.key") == "_9_KEY"


@pytest.mark.parametrize(
    ("choices", "mount_path", "says"),
    [
        ((Choice("a", "file", "../x"),), "/secrets", "is not a file name for a"),
        ((Choice("a", "file", "/etc/passwd"),), "/secrets", "is not a file name"),
        ((Choice("a", "file", "x,b=y"),), "/secrets", "is not a file name"),
        ((Choice("a", "file", "x\n"),), "/secrets", "is not a file name"),
        ((Choice("a b", "file", "x"),), "/secrets", "is not a secret's name"),
        ((Choice("a", "file", "x"), Choice("b", "file", "x")), "/secrets", "Give each its own name"),
        ((Choice("a", "file", "x"), Choice("b", "file", "x/y")), "/secrets", "both a file and a folder"),
        ((Choice("a", "variable", "1X"),), "/secrets", "is not a variable's name"),
        ((Choice("a", "variable", "X=b,Y"),), "/secrets", "is not a variable's name"),
        ((), "secrets", "does not begin with"),
        ((), "/a/../etc", "has “..”"),
        ((), "/a:b", "a control character"),
        ((), "//etc///ssl", "belongs to the system"),
        ((), "/", "belongs to the system"),
        ((), "/var/run/secrets", "belongs to the system"),
        ((), "/lib64/x", "belongs to the system"),
        ((), "/" + "a" * 1024, "is too long"),
        (tuple(Choice(f"a{n}", "file", f"a{n}") for n in range(257)), "/secrets", "at most 256"),
    ],
)
def test_an_impossible_choice_names_the_next_step(choices: tuple[Choice, ...], mount_path: str, says: str) -> None:
    with pytest.raises(SelectionError, match=says) as caught:
        checked(choices, mount_path)
    assert caught.value.jupyterhub_message == str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        "x",
        [],
        {},
        {"choices": "db-password", "mount_path": "/secrets"},
        {"choices": [["a", "socket", "a"]], "mount_path": "/secrets"},
        {"choices": [["a", "file"]], "mount_path": "/secrets"},
        {"choices": [[1, "file", "a"]], "mount_path": "/secrets"},
        {"choices": [["a", "file", "a"]], "mount_path": None},
        {"choices": [["a", "file", "../a"]], "mount_path": "/secrets"},
        {"choices": [["a", "file", "a"]], "mount_path": "/etc"},
    ],
)
def test_options_that_come_through_the_api_are_checked_as_well(options: object) -> None:
    with pytest.raises(SelectionError):
        from_options(options)


def test_a_kind_that_the_form_does_not_offer_is_refused() -> None:
    with pytest.raises(SelectionError, match="Choose one of the two"):
        parse({"twofold-secret": ["a"], "twofold-kind-a": ["socket"]})


def test_a_secret_that_is_gone_or_cannot_be_a_variable_is_refused() -> None:
    with pytest.raises(SelectionError, match="no secret gone any more"):
        check_known(Selection((Choice("gone", "file", "gone"),)), [A, B], variables=True)
    with pytest.raises(SelectionError, match="holds bytes that a variable cannot"):
        check_known(Selection((Choice("key.bin", "variable", "KEY"),)), [A, B], variables=True)
    with pytest.raises(SelectionError, match="files only"):
        check_known(Selection((Choice("db-password", "variable", "X"),)), [A, B], variables=False)
