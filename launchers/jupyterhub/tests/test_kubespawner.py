"""The hooks in the real KubeSpawner, against a real console, webhook and API server."""

from __future__ import annotations

import json
import logging
import re

import pytest

from twofold_jupyterhub import ConsoleError, SelectionError, StaleTokenError, TwofoldError, console
from twofold_jupyterhub.launcher import OPTION

from .conftest import REPOSITORY, Cluster, run
from .hub import Authenticator, as_json, pod_of, spawner_of, submit, twofold

TICKED = {
    "twofold-secret": ["db-password", "key.bin"],
    "twofold-kind-db-password": ["file"],
    "twofold-target-key.bin": ["keys/key.bin"],
    "twofold-mount-path": ["/home/jovyan/secrets"],
}


def test_shows_the_users_own_secrets_and_nobody_elses(alice: Cluster) -> None:
    alice.api("bob", "POST", "/secrets", {"name": "of-bob", "value": "x"})
    spawner = spawner_of(twofold(alice), alice.bearers["alice"])
    html = run(spawner.get_options_form())
    assert 'value="db-password"' in html
    assert "of-bob" not in html
    assert " checked" not in html


def test_lists_more_than_a_page_of_secrets(alice: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "PAGE", 1)
    secrets = run(twofold(alice).console.list_secrets(alice.bearers["alice"]))
    assert [secret.name for secret in secrets] == ["db-password", "key.bin"]


def test_a_pod_with_ticked_secrets_is_admitted_and_gets_them(alice: Cluster) -> None:
    spawner = spawner_of(twofold(alice), alice.bearers["alice"], namespace=alice.namespace, image="busybox")
    submit(spawner, TICKED)
    pod = run(as_json(run(pod_of(spawner))))
    assert pod["metadata"]["annotations"]["twofold.dev/secrets"] == "db-password,key.bin=keys/key.bin"
    assert pod["metadata"]["annotations"]["hub.jupyter.org/username"] == "alice", "KubeSpawner's own stay"

    status, admitted = alice.create_pod(pod)
    assert status == 201, admitted
    assert admitted["spec"]["initContainers"][0]["name"] == "twofold-init"
    (notebook,) = admitted["spec"]["containers"]
    mounts = {mount["mountPath"] for mount in notebook["volumeMounts"] if mount["name"] == "twofold-files"}
    assert mounts == {"/home/jovyan/secrets"}

    tickets = alice.api("alice", "GET", "/tickets")[1]["items"]
    assert (tickets[0]["pod"], tickets[0]["uses"]) == (pod["metadata"]["name"], 2), "for this pod, and its replacement"
    pod["metadata"]["name"] = "another"
    status, refusal = alice.create_pod(pod)
    assert status == 403
    assert "twofold" in refusal["message"]


def test_the_users_container_gets_them_wherever_others_stand(alice: Cluster) -> None:
    settings = {
        "extra_containers": [{"name": "metrics", "image": "busybox"}],
        "image": "busybox",
        "pod_name_template": "jupyter-alice-with-metrics",
    }
    spawner = spawner_of(twofold(alice), alice.bearers["alice"], namespace=alice.namespace, **settings)
    submit(spawner, TICKED)
    pod = run(as_json(run(pod_of(spawner))))
    pod["spec"]["containers"].insert(0, {"name": "injected-by-another-webhook", "image": "busybox"})
    status, admitted = alice.create_pod(pod)
    assert status == 201, admitted
    mounting = {
        container["name"]
        for container in admitted["spec"]["containers"]
        for mount in container.get("volumeMounts", [])
        if mount["name"] == "twofold-files"
    }
    assert mounting == {"notebook"}


def test_a_pod_without_ticked_secrets_is_left_as_it_is(alice: Cluster) -> None:
    spawner = spawner_of(twofold(alice), None)
    submit(spawner, {"twofold-mount-path": ["/secrets"]})
    assert spawner.user_options == {}
    pod = run(as_json(run(pod_of(spawner))))
    assert not [key for key in pod["metadata"]["annotations"] if key.startswith("twofold.dev/")]


def test_kubespawners_profiles_keep_working(alice: Cluster) -> None:
    profiles = [
        {"display_name": "Small", "slug": "small", "default": True},
        {"display_name": "Large", "slug": "large", "kubespawner_override": {"mem_limit": "2G"}},
    ]
    spawner = spawner_of(twofold(alice), alice.bearers["alice"], profile_list=profiles)
    html = run(spawner.get_options_form())
    assert html.index("Large") < html.index("My secrets")
    submit(spawner, {"profile": ["large"], **TICKED})
    assert spawner.user_options["profile"] == "large"
    pod = run(as_json(run(pod_of(spawner))))
    assert pod["spec"]["containers"][0]["resources"]["limits"]["memory"] == 2 * 1024**3
    assert "twofold.dev/ticket" in pod["metadata"]["annotations"]


def test_the_form_remembers_the_last_choice(alice: Cluster) -> None:
    spawner = spawner_of(twofold(alice), alice.bearers["alice"])
    submit(spawner, TICKED)
    html = run(spawner.get_options_form())
    assert html.count(" checked>") == 2
    assert 'value="keys/key.bin"' in html
    assert 'value="/home/jovyan/secrets"' in html
    with pytest.raises(SelectionError):
        submit(spawner, {"twofold-secret": ["db-password"], "twofold-mount-path": ["/etc"]})
    html = run(spawner.get_options_form())
    assert html.count(" checked>") == 1, "a refused choice is shown as it was typed"
    assert 'value="/etc"' in html
    assert 'value="/home/jovyan/secrets"' in run(spawner.get_options_form()), "once"
    submit(spawner, {})
    assert " checked>" not in run(spawner.get_options_form())


def test_an_impossible_choice_is_refused_at_the_form(alice: Cluster) -> None:
    spawner = spawner_of(twofold(alice), alice.bearers["alice"])
    with pytest.raises(SelectionError, match="belongs to the system"):
        submit(spawner, {**TICKED, "twofold-mount-path": ["/etc"]})
    with pytest.raises(SelectionError, match="You have no secret of-bob"):
        submit(spawner, {"twofold-secret": ["of-bob"]})
    with pytest.raises(SelectionError, match="files only"):
        submit(spawner, {"twofold-secret": ["db-password"], "twofold-kind-db-password": ["variable"]})


def test_options_from_the_hubs_api_are_what_the_documentation_shows(alice: Cluster) -> None:
    page = (REPOSITORY / "docs/jupyterhub.md").read_text()
    (options,) = re.findall(r"-d '(\{\"twofold\".*?\})'", page, re.DOTALL)
    spawner = spawner_of(twofold(alice), alice.bearers["alice"], namespace=alice.namespace, image="busybox")
    spawner.pod_name = "started-through-the-api"
    spawner.user_options = json.loads(options)
    pod = run(as_json(run(pod_of(spawner))))
    assert pod["metadata"]["annotations"]["twofold.dev/secrets"] == "db-password,key.bin=keys/key.bin"
    status, admitted = alice.create_pod(pod)
    assert status == 201, admitted
    assert run(spawner.get_options_form()).count(" checked>") == 2, "the form shows it as the last choice"


def test_options_from_the_hubs_api_are_checked_again_at_the_pod(alice: Cluster) -> None:
    spawner = spawner_of(twofold(alice), alice.bearers["alice"])
    spawner.user_options = {OPTION: {"choices": [["db-password", "file", "../../x"]], "mount_path": "/secrets"}}
    with pytest.raises(SelectionError, match="is not a file name"):
        run(pod_of(spawner))


def test_a_fresh_token_is_fetched_and_stored_where_the_old_one_has_expired(alice: Cluster) -> None:
    authenticator = Authenticator({"name": "alice", "auth_state": {"access_token": alice.bearers["alice"]}})
    spawner = spawner_of(twofold(alice), "expired.token.here", authenticator=authenticator)
    submit(spawner, TICKED)
    assert authenticator.asked == 1
    run(pod_of(spawner))
    assert authenticator.asked == 1, "the fresh token is stored"


@pytest.mark.parametrize("fresh", [False, True, {"name": "alice"}, {"name": "alice", "auth_state": None}])
def test_a_token_that_cannot_be_refreshed_is_explained(alice: Cluster, fresh: object) -> None:
    spawner = spawner_of(twofold(alice), "expired.token.here", authenticator=Authenticator(fresh))
    html = run(spawner.get_options_form())
    assert "Log out of this hub, log in again" in html
    with pytest.raises(StaleTokenError) as caught:
        submit(spawner, TICKED)
    assert "Log out of this hub" in caught.value.jupyterhub_message


def test_a_hub_that_keeps_no_auth_state_says_so(alice: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    spawner = spawner_of(twofold(alice), None)
    assert "Log out, log in again" in run(spawner.get_options_form())
    assert "enable_auth_state" in caplog.text
    with pytest.raises(TwofoldError):
        submit(spawner, TICKED)


def test_a_console_that_does_not_answer_is_reported_and_the_server_can_start_without(alice: Cluster) -> None:
    hooks = twofold(alice)
    hooks.console.url = "https://127.0.0.1:9"
    spawner = spawner_of(hooks, alice.bearers["alice"])
    assert "does not answer" in run(spawner.get_options_form())
    with pytest.raises(ConsoleError, match="start the server without secrets"):
        submit(spawner, TICKED)
    submit(spawner, {})
    run(pod_of(spawner))


def test_a_console_with_a_strange_certificate_gets_no_token(alice: Cluster) -> None:
    hooks = twofold(alice)
    hooks.console._ca_file = None
    assert "does not answer" in run(spawner_of(hooks, alice.bearers["alice"]).get_options_form())


def test_the_hubs_own_annotations_are_not_mixed_with_the_users(alice: Cluster) -> None:
    settings = {"extra_annotations": {"twofold.dev/secrets": "other"}}
    spawner = spawner_of(twofold(alice), alice.bearers["alice"], **settings)
    submit(spawner, TICKED)
    with pytest.raises(TwofoldError, match=r"twofold\.dev/secrets"):
        run(pod_of(spawner))


def test_a_token_is_in_no_log_and_no_message(alice: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bearer = alice.bearers["alice"]
    messages: list[str] = []
    spawner = spawner_of(twofold(alice), bearer)
    messages.append(run(spawner.get_options_form()))
    submit(spawner, TICKED)
    ticket = run(pod_of(spawner)).metadata.annotations["twofold.dev/ticket"]
    for token in (f"{bearer}x", f"{bearer} x", f"{bearer}\n"):
        with pytest.raises(StaleTokenError) as caught:
            submit(spawner_of(twofold(alice), token), TICKED)
        messages.append(repr(caught.value))
    closed = twofold(alice)
    closed.console.url = "https://127.0.0.1:9"
    messages.append(run(spawner_of(closed, bearer).get_options_form()))
    everything = "\n".join([caplog.text, *messages])
    assert bearer not in everything
    assert bearer.split(".")[2] not in everything
    assert ticket not in everything
