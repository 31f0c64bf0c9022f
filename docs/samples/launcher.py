"""A launcher: a ticket from Twofold's console, a pod from Kubernetes. python3 launcher.py NAMESPACE POD SECRET..."""
# CONSOLE and KUBERNETES are addresses; TOKEN is the person's access token, KUBERNETES_TOKEN the launcher's own, if needed.
import json
import os
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen


def post(url, token, body):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urlopen(Request(url, json.dumps(body).encode(), headers)) as response:
            return json.load(response)
    except HTTPError as error:
        answer = json.load(error)
        # The console's problem documents have a detail and a code; Kubernetes' message ends with Twofold's "(code)".
        sys.exit(answer["message"] if answer.get("kind") == "Status" else f"{answer['detail']} ({answer['code']})")


namespace, name, *secrets = sys.argv[1:]
request = {"namespace": namespace, "pod": name, "secrets": secrets, "containers": ["main"], "ttlSeconds": 600}
ticket = post(f"{os.environ['CONSOLE']}/api/v1/tickets", os.environ["TOKEN"], request)
container = {"name": "main", "image": "busybox", "command": ["ls", "-l", "/secrets"]}
metadata = {"name": name, "annotations": ticket["annotations"]}
spec = {"restartPolicy": "Never", "containers": [container]}
pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
post(f"{os.environ['KUBERNETES']}/api/v1/namespaces/{namespace}/pods", os.environ.get("KUBERNETES_TOKEN"), pod)
print(f"{name} is admitted, with {', '.join(secrets)} in /secrets")
