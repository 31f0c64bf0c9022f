"""A real development cluster for the tests: console, keyservice, webhook, identity provider and API server."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import urllib.request
from collections.abc import Awaitable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
REPOSITORY = Path(__file__).parents[3]


class Cluster:
    """Its endpoints, and calls with somebody's bearer."""

    def __init__(self, endpoints: Mapping[str, Any]) -> None:
        self.console: str = endpoints["console"]
        self.kubernetes: str = endpoints["kubernetes"]
        self.ca: str = endpoints["ca"]
        self.bearers: dict[str, str] = endpoints["bearers"]
        self.namespace: str = endpoints["namespace"]
        self.admin: str = endpoints["admin"]

    def call(self, bearer: str, method: str, url: str, body: object = None) -> tuple[int, Any]:
        request = urllib.request.Request(  # noqa: S310 - https, from the cluster itself
            url,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"},
            method=method,
        )
        context = ssl.create_default_context(cafile=self.ca)
        try:
            with urllib.request.urlopen(request, context=context) as response:  # noqa: S310
                text = response.read()
                return response.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def api(self, person: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
        return self.call(self.bearers[person], method, f"{self.console}/api/v1{path}", body)

    def create_pod(self, pod: object) -> tuple[int, Any]:
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        return self.call(self.admin, "POST", f"{self.kubernetes}{path}", pod)


def kubeconfig(cluster: Cluster) -> str:
    """KubeSpawner reads one as soon as it is made. JSON is YAML."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {"server": cluster.kubernetes, "certificate-authority": cluster.ca}}],
        "users": [{"name": "test", "user": {"token": cluster.admin}}],
    }
    return json.dumps(document)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    process = subprocess.Popen(
        ["node", "scripts/dev/serve-stack.ts"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, "the development cluster ended before it was ready"
        made = Cluster(json.loads(line))
        config = tmp_path_factory.mktemp("kube") / "config"
        config.write_text(kubeconfig(made))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KUBECONFIG", str(config))
            yield made
    finally:
        process.stdin.close()
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def alice(cluster: Cluster) -> Cluster:
    """Alice has a text and a binary secret, and more than a page of others."""
    secrets = [
        {"name": "db-password", "value": "correct horse"},
        {"name": "key.bin", "valueBase64": "AAECJw=="},
    ]
    for secret in secrets:
        assert cluster.api("alice", "POST", "/secrets", secret)[0] == 201
    return cluster


_loop = asyncio.new_event_loop()


def run(awaitable: Awaitable[T]) -> T:
    """On a single loop, as in JupyterHub."""

    async def main() -> T:
        return await awaitable

    return _loop.run_until_complete(main())
