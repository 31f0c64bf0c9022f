"""Fresh tokens from the real provider, through the real OAuthenticator, for a real console."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import urllib.request
from base64 import urlsafe_b64encode
from hashlib import sha256
from http.cookiejar import CookieJar
from typing import Any
from unittest.mock import Mock
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
from oauthenticator.generic import GenericOAuthenticator
from traitlets.config import Config

from twofold_jupyterhub.refresh import ends_soon

from .conftest import Cluster, run
from .hub import Authenticator, make, pod_of, spawner_of, submit, twofold

REDIRECT = "http://127.0.0.1:8000/callback"
VERIFIER = "v" * 43
TICKED = {"twofold-secret": ["db-password"], "twofold-mount-path": ["/secrets"]}
EXPIRED = "e30." + urlsafe_b64encode(b'{"exp": 1}').decode() + ".x"


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the tests look at where a login leads."""

    def redirect_request(self, *args: Any) -> None:
        return None


def authenticator_of(cluster: Cluster, hook: object) -> Any:
    """As docs/jupyterhub.md says, with the client that the provider has for programs."""
    offer = cluster.api("alice", "GET", "/login")[1]
    config = Config()
    theirs = config.GenericOAuthenticator
    theirs.client_id, theirs.client_secret, theirs.basic_auth = offer["clientId"], "", False
    theirs.enable_auth_state, theirs.oauth_callback_url = True, REDIRECT
    theirs.authorize_url, theirs.token_url = f"{offer['issuer']}/auth", f"{offer['issuer']}/token"
    theirs.userdata_from_id_token, theirs.username_claim = True, "preferred_username"
    theirs.scope = ["openid", "profile", "offline_access"]
    theirs.extra_authorize_params = {"resource": "urn:twofold:console", "prompt": "consent"}
    theirs.refresh_user_hook = hook
    theirs.http_request_kwargs = {"ca_certs": cluster.ca}
    authenticator = run(make(GenericOAuthenticator, config=config))
    authenticator.log = logging.getLogger("oauthenticator")
    return authenticator


def authorize(cluster: Cluster, authenticator: Any, name: str) -> str:
    """A browser's way from the hub's redirect to its callback: the code."""
    challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    query = {
        **{"code_challenge": challenge, "code_challenge_method": "S256"},
        **{"client_id": authenticator.client_id, "response_type": "code", "redirect_uri": REDIRECT},
        **{"scope": " ".join(authenticator.scope), "state": "s", **authenticator.extra_authorize_params},
    }
    context = ssl.create_default_context(cafile=cluster.ca)
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPCookieProcessor(CookieJar()),
        _Stay(),
    )
    at, form = f"{authenticator.authorize_url}?{urlencode(query)}", None
    for _ in range(10):
        try:
            with opener.open(at, form):
                form = urlencode({"username": name}).encode()
        except HTTPError as answer:
            form = None
            at = urljoin(at, answer.headers["location"])
            if at.startswith(REDIRECT):
                return parse_qs(urlsplit(at).query)["code"][0]
    raise AssertionError("the login does not end")


def log_in(cluster: Cluster, authenticator: Any, name: str = "alice") -> dict[str, Any]:
    """The auth_state that the hub keeps after a login."""
    code = authorize(cluster, authenticator, name)
    cookie = urlsafe_b64encode(json.dumps({"code_verifier": VERIFIER}).encode()).decode()
    handler = Mock(get_argument=lambda _name: code, get_state_cookie=lambda: cookie)
    state: dict[str, Any] = run(authenticator.authenticate(handler))["auth_state"]
    return state


def expired(state: dict[str, Any]) -> dict[str, Any]:
    """As the console sees it a day later."""
    return {**state, "access_token": EXPIRED, "token_response": {**state["token_response"], "access_token": EXPIRED}}


def test_an_expired_token_is_replaced_by_the_provider_and_kept(alice: Cluster) -> None:
    hooks = twofold(alice)
    authenticator = authenticator_of(alice, hooks.refresh_user)
    state = log_in(alice, authenticator)
    spawner = spawner_of(hooks, None, authenticator=authenticator)
    spawner.user.auth_state = expired(state)
    assert 'value="db-password"' in run(spawner.get_options_form())
    kept = spawner.user.auth_state["access_token"]
    assert kept not in (EXPIRED, state["access_token"])
    assert not ends_soon(kept)
    submit(spawner, TICKED)
    assert spawner.user.auth_state["access_token"] == kept, "no other is asked for while this one is good"
    assert spawner.user.auth_state["refresh_token"], "for the next time"


def test_two_refreshes_at_once_log_nobody_out(alice: Cluster) -> None:
    """The provider takes each refresh token of this client once, and ends the login where one comes again."""
    hooks = twofold(alice)
    authenticator = authenticator_of(alice, hooks.refresh_user)
    spawners = [spawner_of(hooks, None, authenticator=authenticator) for _ in range(3)]
    user = spawners[0].user
    state = log_in(alice, authenticator)
    user.auth_state = expired(state)
    for spawner in spawners:
        spawner.user = user

    async def at_once() -> list[Any]:
        refreshes = [authenticator.refresh_user(user) for _ in range(3)]
        return await asyncio.gather(*refreshes, *(spawner.get_options_form() for spawner in spawners))

    told = run(at_once())
    assert told[:3] == [True] * 3
    assert all('value="db-password"' in html for html in told[3:])
    assert user.auth_state["refresh_token"] != state["refresh_token"], "it is one that rotates"
    user.auth_state = expired(user.auth_state)
    assert run(authenticator.refresh_user(user)) is True, "and the login has not ended"


def test_two_refreshes_at_once_need_one_where_the_authenticator_does_it_itself(alice: Cluster) -> None:
    authenticator = Authenticator({"name": "alice", "auth_state": {"access_token": alice.bearers["alice"]}})
    hooks = twofold(alice)
    spawners = [spawner_of(hooks, EXPIRED, authenticator=authenticator) for _ in range(3)]
    for spawner in spawners:
        spawner.user = spawners[0].user

    async def at_once() -> list[str]:
        return await asyncio.gather(*(spawner.get_options_form() for spawner in spawners))

    assert all('value="db-password"' in html for html in run(at_once()))
    assert authenticator.asked == 1


def test_without_the_hook_a_hub_that_reads_id_tokens_gets_no_fresh_token(alice: Cluster) -> None:
    hooks = twofold(alice)
    authenticator = authenticator_of(alice, None)
    spawner = spawner_of(hooks, None, authenticator=authenticator)
    spawner.user.auth_state = expired(log_in(alice, authenticator))
    assert "Log out of this hub, log in again" in run(spawner.get_options_form())


def test_a_person_who_has_no_secrets_is_told_what_to_do_first(alice: Cluster) -> None:
    hooks = twofold(alice)
    spawner = spawner_of(hooks, None)
    spawner.user.auth_state = log_in(alice, authenticator_of(alice, hooks.refresh_user), "carol")
    html = run(spawner.get_options_form())
    assert "You have no secrets yet." in html
    assert f'href="{alice.console}"' in html
    submit(spawner, {})
    run(pod_of(spawner))


def test_the_hub_is_told_whether_a_new_login_is_needed(alice: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    hooks = twofold(alice)
    authenticator = authenticator_of(alice, hooks.refresh_user)
    state = log_in(alice, authenticator)
    user = spawner_of(hooks, None, authenticator=authenticator).user

    def told(auth_state: dict[str, Any] | None) -> object:
        user.auth_state = auth_state
        return run(authenticator.refresh_user(user))

    assert told(state) is True
    assert user.auth_state == state, "a good token is left alone"
    assert told({**expired(state), "refresh_token": None}) is False
    assert told({**expired(state), "refresh_token": "of-nobody"}) is False
    assert told(None) is False
    assert "of-nobody" not in caplog.text
