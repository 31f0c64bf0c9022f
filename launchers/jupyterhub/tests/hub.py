"""As much of JupyterHub as a spawner needs."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from unittest.mock import Mock

from traitlets.config import Config

from twofold_jupyterhub import Twofold

from .conftest import Cluster, run

CONSOLE = "https://secrets.example.org"


class Authenticator:
    """Refreshes to a given result, and counts."""

    def __init__(self, fresh: object = False) -> None:
        self.fresh = fresh
        self.asked = 0

    async def refresh_user(self, user: object, handler: object = None) -> object:
        self.asked += 1
        await asyncio.sleep(0)
        return self.fresh


class User:
    def __init__(self, name: str, auth_state: dict[str, Any] | None) -> None:
        self.name = name
        self.escaped_name = name
        self.id = 1
        self.url = f"/user/{name}"
        self.server = Mock(base_url="/user/", cookie_name="c")
        self.auth_state = auth_state

    async def get_auth_state(self) -> dict[str, Any] | None:
        return self.auth_state

    async def save_auth_state(self, auth_state: dict[str, Any]) -> None:
        self.auth_state = dict(auth_state)


def twofold(cluster: Cluster, **options: Any) -> Twofold:
    return Twofold(cluster.console, ca_file=cluster.ca, **options)


def spawner_of(
    hooks: Twofold,
    token: str | None,
    *,
    authenticator: Any = None,
    namespace: str = "sessions",
    **settings: Any,
) -> Any:
    """The real KubeSpawner, configured as an administrator would, for alice."""
    from kubespawner import KubeSpawner  # it looks for a cluster's configuration when it is imported

    config = Config()
    hooks.configure(config)
    for name, value in settings.items():
        setattr(config.KubeSpawner, name, value)
    config.KubeSpawner.namespace = namespace
    hub = Mock(public_host="", url="https://hub.example.org/hub/api", base_url="/hub/", api_url="https://hub/api")
    spawner = run(
        make(
            KubeSpawner,
            config=config,
            user=User("alice", None if token is None else {"access_token": token}),
            hub=hub,
            api_token="of-the-hub",
            oauth_client_id="unused",
            authenticator=authenticator or Authenticator(),
            _mock=True,
        )
    )
    spawner.log = logging.getLogger("kubespawner")
    return spawner


async def make(kind: Any, **settings: Any) -> Any:
    """It needs a running loop."""
    return kind(**settings)


def submit(spawner: Any, form: dict[str, list[str]]) -> None:
    """As JupyterHub does when the form comes in."""

    async def main() -> None:
        spawner.user_options = await spawner.run_options_from_form(form)

    run(main())


async def pod_of(spawner: Any) -> Any:
    """The pod as KubeSpawner would send it: what its `start` does up to then."""
    await spawner.load_user_options()
    pod = await spawner.get_pod_manifest()
    return await spawner.modify_pod_hook(spawner, pod)


async def as_json(pod: Any) -> Any:
    from kubernetes_asyncio.client import ApiClient

    async with ApiClient() as client:
        return client.sanitize_for_serialization(pod)
