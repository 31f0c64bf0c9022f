"""A hub's login and its hooks, with the real OAuthenticator and a real provider; one JSON line in, one out.

Out: {"authorize": "https://…"}; then, with {"code": "…"} from the browser's way back:
     {"username": "…", "form": "…", "renewed": true, "secrets": ["…"], "kept": true}

Settings are in SCENARIO: console, consoleCa, issuer, redirect, client.
"""

import asyncio
import json
import logging
import os
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256
from unittest.mock import Mock
from urllib.parse import urlencode

from oauthenticator.generic import GenericOAuthenticator
from traitlets.config import Config

from twofold_jupyterhub import Twofold

SCENARIO = json.loads(os.environ["SCENARIO"])
VERIFIER = "v" * 43
EXPIRED = "e30." + urlsafe_b64encode(b'{"exp": 1}').decode() + ".x"


def say(answer: dict) -> None:
    print(json.dumps(answer), flush=True)


class User:
    def __init__(self, auth_state: dict) -> None:
        self.name = "ada"
        self.auth_state = auth_state

    async def get_auth_state(self) -> dict:
        return self.auth_state

    async def save_auth_state(self, auth_state: dict) -> None:
        self.auth_state = dict(auth_state)


def authenticator_of(hooks: Twofold) -> GenericOAuthenticator:
    """As docs/jupyterhub.md says, for a provider whose tokens are for the console and for itself."""
    config = Config()
    theirs = config.GenericOAuthenticator
    protocol = f"{SCENARIO['issuer']}/protocol/openid-connect"
    theirs.client_id, theirs.client_secret = SCENARIO["client"]
    theirs.enable_auth_state, theirs.oauth_callback_url = True, SCENARIO["redirect"]
    theirs.authorize_url, theirs.token_url = f"{protocol}/auth", f"{protocol}/token"
    theirs.userdata_from_id_token, theirs.username_claim = True, "preferred_username"
    theirs.scope = ["openid", "profile", "offline_access"]
    theirs.refresh_user_hook = hooks.refresh_user
    theirs.http_request_kwargs = {"ca_certs": SCENARIO["consoleCa"]}
    theirs.allow_all = True
    authenticator = GenericOAuthenticator(config=config)
    authenticator.log = logging.getLogger("oauthenticator")
    return authenticator


async def main() -> None:
    hooks = Twofold(SCENARIO["console"], ca_file=SCENARIO["consoleCa"])
    authenticator = authenticator_of(hooks)
    challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    query = {
        "client_id": authenticator.client_id,
        "response_type": "code",
        "redirect_uri": SCENARIO["redirect"],
        "scope": " ".join(authenticator.scope),
        "state": "s",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    say({"authorize": f"{authenticator.authorize_url}?{urlencode(query)}"})
    code = json.loads(sys.stdin.readline())["code"]
    cookie = urlsafe_b64encode(json.dumps({"code_verifier": VERIFIER}).encode()).decode()
    handler = Mock(get_argument=lambda _name: code, get_state_cookie=lambda: cookie)
    model = await authenticator.authenticate(handler)
    user = User(model["auth_state"])
    spawner = Mock(user=user, authenticator=authenticator, log=logging.getLogger("spawner"))
    spawner._options_form_default = lambda: ""
    form = await hooks.options_form(spawner)
    first = user.auth_state["access_token"]
    # As the console sees it a day later.
    user.auth_state = {**user.auth_state, "access_token": EXPIRED}
    renewed = await authenticator.refresh_user(user)
    fresh = user.auth_state["access_token"]
    secrets = [secret.name for secret in await hooks.console.list_secrets(fresh)]
    again = await authenticator.refresh_user(user)
    say(
        {
            "username": model["name"],
            "form": form,
            "renewed": renewed is True and fresh not in (EXPIRED, first),
            "secrets": secrets,
            "kept": again is True and user.auth_state["access_token"] == fresh,
        }
    )


asyncio.run(main())
