"""Twofold's console, as far as a launcher needs it. Zone 0. A token goes into a header, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

PAGE = 200
TIMEOUT_SECONDS = 10.0


class ConsoleError(Exception):
    """The console did not do what was requested. The message is for the user, and says what to do."""

    def __init__(self, message: str, code: str = "unavailable") -> None:
        super().__init__(message)
        self.code = code

    @property
    def jupyterhub_message(self) -> str:
        return str(self)


class StaleTokenError(ConsoleError):
    """The console does not accept the user's token (any more)."""

    def __init__(self, reason: object = None) -> None:
        self.reason = reason
        super().__init__(
            "Your login has ended, as far as your secrets are concerned. Log out of this hub, log in again, "
            "and start the server again.",
            "bearer_rejected",
        )


@dataclass(frozen=True)
class Secret:
    name: str
    env_safe: bool


class Console:
    """Calls of one console, each with the token of the user that it is for."""

    def __init__(self, url: str, *, ca_file: str | None = None, client: AsyncHTTPClient | None = None) -> None:
        if not url.startswith("https://"):
            raise ValueError("the console's address begins with https://")
        self.url = url.rstrip("/")
        self._ca_file = ca_file
        self._client = client

    async def list_secrets(self, token: str) -> list[Secret]:
        """All of the user's, by name."""
        found: list[Secret] = []
        after: str | None = None
        while True:
            query = {"limit": str(PAGE), **({} if after is None else {"after": after})}
            body = await self._call(token, "GET", f"/api/v1/secrets?{urlencode(query)}")
            items = body.get("items")
            if not isinstance(items, list):
                raise ConsoleError("Twofold's console did not answer with a list. Tell your administrator.")
            found += [Secret(str(item["name"]), bool(item["envSafe"])) for item in items]
            if len(items) < PAGE:
                return found
            after = found[-1].name

    async def issue_ticket(self, token: str, request: Mapping[str, object]) -> str:
        """A ticket for exactly this request (`TicketRequest` of the console's OpenAPI document)."""
        ticket = (await self._call(token, "POST", "/api/v1/tickets", request)).get("ticket")
        if not isinstance(ticket, str):
            raise ConsoleError("Twofold's console answered without a ticket. Tell your administrator.")
        return ticket

    async def _call(
        self, token: str, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Mapping[str, object]:
        if not token.isascii() or not token.isprintable() or " " in token:
            raise StaleTokenError
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = HTTPRequest(
            f"{self.url}{path}",
            method,
            headers,
            body=None if body is None else json.dumps(body),
            ca_certs=self._ca_file,
            connect_timeout=TIMEOUT_SECONDS,
            request_timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
        )
        try:
            response = await (self._client or AsyncHTTPClient()).fetch(request, raise_error=False)
        except Exception as error:
            raise _unavailable(error) from None
        return _read(response)


def _unavailable(error: BaseException | None) -> ConsoleError:
    # Only its class: a message may quote what was sent.
    reason = "" if error is None else f" ({type(error).__name__})"
    return ConsoleError(
        f"Twofold's console does not answer{reason}. Try again in a minute, or start the server without secrets."
    )


def _read(response: HTTPResponse) -> Mapping[str, object]:
    if response.code == 599:
        raise _unavailable(response.error)
    try:
        body = json.loads(response.body)
    except ValueError:
        body = None
    if response.code == 401:
        raise StaleTokenError(body.get("detail") if isinstance(body, dict) else None)
    if not isinstance(body, dict):
        raise ConsoleError(f"Twofold's console answered {response.code} without JSON. Tell your administrator.")
    if response.code >= 300:
        detail, code = body.get("detail"), body.get("code")
        raise ConsoleError(str(detail or f"Twofold's console answered {response.code}."), str(code or "unavailable"))
    return body
