"""Starts and stops servers with the real KubeSpawner, as JupyterHub would; one JSON line in, one out.

In:  {"do": "start", "user": "alice", "config": {"image": "…", "extra_annotations": {…}, …}}, {"do": "stop", "user": "alice"}
Out: {"pod": "jupyter-alice", "namespace": "hub"} or {"error": "…"}

Cluster and account are from KUBECONFIG.
"""

import asyncio
import json
import logging
import sys
from unittest.mock import Mock

from kubespawner import KubeSpawner
from traitlets.config import Config


class Hub:
    public_host = ""
    url = api_url = "http://192.0.2.10:9/hub/api"
    base_url = "/hub/"


class User:
    def __init__(self, name: str) -> None:
        self.name = self.escaped_name = name
        self.id = 1
        self.url = f"/user/{name}"
        self.server = Mock(base_url=self.url, cookie_name="unused", port=8888)


def spawner_for(name: str, settings: dict[str, object]) -> KubeSpawner:
    config = Config({"KubeSpawner": settings})
    return KubeSpawner(
        config=config, user=User(name), hub=Hub(), api_token="unused", oauth_client_id="unused", _mock=True
    )


async def obey(request: dict, spawners: dict[str, KubeSpawner]) -> dict[str, str]:
    user = request["user"]
    if request["do"] == "stop":
        await spawners.pop(user).stop(now=True)
        return {}
    spawner = spawners[user] = spawner_for(user, request["config"])
    await spawner.start()
    return {"pod": spawner.pod_name, "namespace": spawner.namespace}


async def main() -> None:
    spawners: dict[str, KubeSpawner] = {}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            answer = await obey(json.loads(line), spawners)
        except Exception as error:  # it is what the test wants to see
            answer = {"error": f"{type(error).__name__}: {getattr(error, 'body', None) or error}"}
        print(json.dumps(answer), flush=True)


# Otherwise it logs every refused pod in full.
logging.basicConfig(level=logging.CRITICAL, stream=sys.stderr)
asyncio.run(main())
