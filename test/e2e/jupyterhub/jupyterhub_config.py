"""A JupyterHub as an administrator would configure it, on the cluster of `make e2e`. Values come from the scenario."""

import json
import os
import sys

settings = json.loads(os.environ["SCENARIO"])
sys.path.insert(0, settings["package"])

c = get_config()  # noqa: F821

# The values of docs/zero-to-jupyterhub.md, in the order in which the chart applies them.
for section, values in settings["chart"]["config"].items():
    c[section].update(values)
for code in settings["chart"]["extraConfig"]:
    exec(code)

c.JupyterHub.bind_url = settings["url"]
c.JupyterHub.hub_bind_url = c.JupyterHub.hub_connect_url = settings["hubUrl"]
c.JupyterHub.db_url = f"sqlite:///{settings['dir']}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{settings['dir']}/cookie-secret"
c.JupyterHub.log_level = "DEBUG"
c.ConfigurableHTTPProxy.command = settings["proxy"]
c.ConfigurableHTTPProxy.api_url = settings["proxyApi"]
c.ConfigurableHTTPProxy.pid_file = f"{settings['dir']}/proxy.pid"

# What starts servers through the Hub's API.
c.JupyterHub.services = [{"name": "portal", "api_token": settings["portalToken"]}]
c.JupyterHub.load_roles = [{"name": "portal", "services": ["portal"], "scopes": ["admin:servers", "read:users"]}]

c.GenericOAuthenticator.client_id = settings["client"]["client_id"]
c.GenericOAuthenticator.client_secret = settings["client"]["client_secret"]
c.GenericOAuthenticator.oauth_callback_url = settings["client"]["redirect_uris"][0]
c.GenericOAuthenticator.authorize_url = f"{settings['issuer']}/auth"
c.GenericOAuthenticator.token_url = f"{settings['issuer']}/token"
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.basic_auth = True
c.GenericOAuthenticator.allow_all = True
c.GenericOAuthenticator.http_request_kwargs = {"ca_certs": settings["issuerCa"]}

c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.KubeSpawner.namespace = settings["namespace"]
c.KubeSpawner.image = settings["image"]
c.KubeSpawner.image_pull_policy = "IfNotPresent"
c.KubeSpawner.cmd = settings["singleuser"]
c.KubeSpawner.notebook_dir = "/home/jovyan"
c.KubeSpawner.default_url = "/api/status"
c.KubeSpawner.uid = 1000
c.KubeSpawner.fs_gid = 1000
c.KubeSpawner.container_security_context = settings["securityContext"]
c.KubeSpawner.start_timeout = 120
c.KubeSpawner.http_timeout = 30
c.KubeSpawner.delete_grace_period = 1
