"""Fresh access tokens where OAuthenticator alone gets none. Zone 0.

It requests one when the provider's userinfo endpoint does not accept the old one. A token that is for Twofold's console
alone is never accepted there, and a hub that reads its users from the ID token never asks.
"""

from __future__ import annotations

import asyncio
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, Protocol
from weakref import WeakValueDictionary

SOON_SECONDS = 120
"""A token that ends sooner is not worth starting a server with."""


class OAuthenticator(Protocol):
    """What is used of OAuthenticator 17.3 and later."""

    log: Any

    def build_refresh_token_request_params(self, refresh_token: str) -> dict[str, str]: ...

    async def get_token_info(self, handler: None, params: Mapping[str, str]) -> dict[str, Any]: ...


class Turns:
    """One at a time for each user: a provider that rotates refresh tokens takes each of them once."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, user: str) -> asyncio.Lock:
        return self._locks.setdefault(user, asyncio.Lock())


def ends_soon(token: str) -> bool:
    """True also where it does not say when: then only the provider knows."""
    try:
        payload = token.split(".")[1]
        ends = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
        return float(ends) - time.time() < SOON_SECONDS
    except (IndexError, KeyError, RecursionError, TypeError, ValueError):
        return True


async def refreshed(authenticator: OAuthenticator, auth_state: Mapping[str, Any]) -> dict[str, Any] | None:
    """The state with what the provider gives for its refresh token; None where it gives nothing."""
    refresh_token = auth_state.get("refresh_token")
    if not isinstance(refresh_token, str) or not refresh_token:
        return None
    try:
        params = authenticator.build_refresh_token_request_params(refresh_token)
        answer = await authenticator.get_token_info(None, params)
    except Exception as error:  # whatever it is, there is no token
        # Only its class: a message may quote what was sent.
        authenticator.log.warning("twofold: the provider gave no fresh token: %s", type(error).__name__)
        return None
    kept = {"refresh_token": refresh_token, "id_token": auth_state.get("id_token")}
    fresh = {name: answer.get(name) or old for name, old in kept.items()}
    response = {**(auth_state.get("token_response") or {}), **answer}
    return {**auth_state, **fresh, "access_token": answer["access_token"], "token_response": response}
