"""User input takes at most linear time to process: the hub serves nobody else in the meantime."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress

import pytest

from twofold_jupyterhub.form import parse
from twofold_jupyterhub.refresh import ends_soon
from twofold_jupyterhub.selection import SelectionError, from_options, variable_name_for

MOST_RATIO = 6.5
"""Of four times the input: 4 where the cost is linear, 16 where it is quadratic."""


def _seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    with suppress(SelectionError):
        work()
    return time.process_time() - before


def _options(targets: list[str]) -> dict[str, object]:
    return {"choices": [["s", "file", target] for target in targets], "mount_path": "/secrets"}


def _choices(size: int) -> Callable[[], object]:
    names = [f"s{at}" for at in range(size)]
    form = {"twofold-secret": names, **{f"twofold-target-{name}": [f"f/{name}"] for name in names}}
    return lambda: parse(form)


CASES: dict[str, tuple[int, Callable[[int], Callable[[], object]]]] = {
    "deep paths": (120, lambda size: lambda: from_options(_options(["a/" * size + str(at) for at in range(256)]))),
    "many rows": (5_000, lambda size: lambda: from_options(_options(["a"] * size))),
    "many ticked": (2_000, _choices),
    "a long path": (20_000, lambda size: lambda: from_options({"choices": [], "mount_path": "/." * size})),
    "a long name": (10_000, lambda size: lambda: variable_name_for("a-" * size)),
    "a long token": (20_000, lambda size: lambda: ends_soon(f"a.{urlsafe_b64encode(b'[1],' * size).decode()}.a")),
}


def test_a_token_that_nests_without_end_counts_as_one_that_ends_soon() -> None:
    assert ends_soon(f"a.{urlsafe_b64encode(b'[' * 100_000).decode()}.a")


@pytest.mark.parametrize("name", CASES)
def test_user_input_takes_linear_time(name: str) -> None:
    unit, build = CASES[name]
    works = [build(unit * times) for times in (1, 2, 4)]
    for _ in range(4):
        quarter, half, whole = (min(_seconds(work) for _ in range(5)) for work in works)
        # Both steps: a single one is an input that is refused early.
        ratio = min(half / max(quarter, 1e-5), whole / max(half, 1e-5)) ** 2
        if ratio < MOST_RATIO:
            return
    raise AssertionError(f"{name}: {quarter}, {half} and {whole} s")
