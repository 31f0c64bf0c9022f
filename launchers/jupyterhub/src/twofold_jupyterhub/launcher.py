"""JupyterHub's hooks: the form, its options, and the pod. Zone 0; docs/design.md#tickets.

Every request carries the token of the user whose server it is, so nobody sees or chooses another user's secrets. An
administrator who starts a user's server, too, chooses from that user's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from . import form
from .console import Console, ConsoleError, Secret, StaleTokenError
from .refresh import OAuthenticator, Turns, ends_soon, refreshed
from .selection import Selection, SelectionError, checked, from_options

OPTION = "twofold"
ANNOTATION_PREFIX = "twofold.dev/"
CONTAINER = "notebook"
"""KubeSpawner's name for the user's own. Others come from the hub's configuration, and from webhooks of the cluster."""
TICKET_SECONDS = 600
"""The webhook checks the ticket when the pod is created; from then on the pod's own session counts."""

USES = 2
"""KubeSpawner sends a pod again that took 3 s to create, and replaces the one it then finds, which may have claimed."""

T = TypeVar("T")
AuthState = Mapping[str, Any]


class TwofoldError(Exception):
    """The server cannot be started as requested. The message is for the user, and says what to do."""

    @property
    def jupyterhub_message(self) -> str:
        return str(self)


class User(Protocol):
    """What is used of JupyterHub's user."""

    name: str

    async def get_auth_state(self) -> AuthState | None: ...

    async def save_auth_state(self, auth_state: AuthState) -> None: ...


class Authenticator(Protocol):
    async def refresh_user(self, user: Any) -> object: ...


class Log(Protocol):
    def warning(self, message: str, *args: object) -> None: ...


class Spawner(Protocol):
    """What is used of KubeSpawner. The two private methods make its own form, for its profiles."""

    user: User
    user_options: Mapping[str, object] | None
    authenticator: Authenticator
    log: Log
    namespace: str

    def _options_form_default(self) -> str | Callable[[Any], Awaitable[str]]: ...

    def _options_from_form(self, formdata: dict[str, Sequence[str]]) -> dict[str, object]: ...


def access_token(auth_state: AuthState) -> str | None:
    """Where OAuthenticator keeps it."""
    token = auth_state.get("access_token")
    return token if isinstance(token, str) and token else None


class Twofold:
    """Users' own secrets on the page that starts a server.

    :param console_url: the console's public address.
    :param ca_file: roots of the console's certificate; the system's where absent.
    :param variables: offer environment variables; the operator of Twofold must have turned them on.
    :param token: finds the user's token for the console in `auth_state`.
    """

    def __init__(
        self,
        console_url: str,
        *,
        ca_file: str | None = None,
        variables: bool = False,
        token: Callable[[AuthState], str | None] = access_token,
    ) -> None:
        self.console = Console(console_url, ca_file=ca_file)
        self._variables = variables
        self._token_of = token
        self._refused: WeakKeyDictionary[Spawner, Selection] = WeakKeyDictionary()
        # Two, since the hook runs within the authenticator's refresh.
        self._hook_turns = Turns()
        self._refresh_turns = Turns()

    def __deepcopy__(self, memo: object) -> Twofold:
        """Itself: traitlets copies hooks into every spawner, and turns are taken among all of them."""
        return self

    def configure(self, c: Any) -> None:
        """Sets the three hooks of KubeSpawner, and turns on `auth_state`."""
        c.Authenticator.enable_auth_state = True
        c.KubeSpawner.options_form = self.options_form
        c.KubeSpawner.options_from_form = self.options_from_form
        c.KubeSpawner.modify_pod_hook = self.modify_pod

    async def options_form(self, spawner: Spawner) -> str:
        """KubeSpawner's own form (its profiles), then the user's secrets."""
        try:
            secrets = await self._with_token(spawner, self.console.list_secrets)
            last = self._refused.pop(spawner, None) or _last_choice(spawner)
            ours = form.render(secrets, console_url=self.console.url, variables=self._variables, last=last)
        except (ConsoleError, TwofoldError) as error:
            # For the administrator: the wrong audience, or an ID token.
            reason = getattr(error, "reason", None) or error
            spawner.log.warning("twofold: no list of secrets for %s: %s", spawner.user.name, reason)
            ours = form.render_problem(str(error), console_url=self.console.url)
        return await _own_form(spawner) + ours

    async def options_from_form(self, form_data: Mapping[str, Sequence[str]], spawner: Spawner) -> dict[str, object]:
        """Raises what JupyterHub shows above the form."""
        ours = {name: values for name, values in form_data.items() if form.is_ours(name)}
        rest = {name: values for name, values in form_data.items() if not form.is_ours(name)}
        typed = form.read(ours)
        # What is refused is shown again as it was typed.
        self._refused[spawner] = typed
        selection = checked(typed.choices, typed.mount_path)
        if selection.choices:
            await self._check(spawner, selection)
        options = spawner._options_from_form(rest)
        self._refused.pop(spawner, None)
        return {**options, OPTION: selection.as_options()} if selection.choices else options

    async def modify_pod(self, spawner: Spawner, pod: Any) -> Any:
        """Puts the ticket and annotations on a pod whose user chose secrets; leaves every other pod as it is."""
        selection = from_options((spawner.user_options or {}).get(OPTION))
        if not selection.choices:
            return pod
        present = dict(pod.metadata.annotations or {})
        foreign = sorted(key for key in present if key.startswith(ANNOTATION_PREFIX))
        if foreign:
            raise TwofoldError(
                f"The hub's configuration already sets {', '.join(foreign)}. Ask its administrator to choose one way."
            )
        await self._check(spawner, selection)
        request = {
            "namespace": pod.metadata.namespace or spawner.namespace,
            "serviceAccount": pod.spec.service_account_name or "default",
            "pod": pod.metadata.name,
            "secrets": selection.names,
            "uses": USES,
            "ttlSeconds": TICKET_SECONDS,
        }
        ticket = await self._with_token(spawner, lambda token: self.console.issue_ticket(token, request))
        pod.metadata.annotations = {
            **present,
            **selection.annotations(),
            f"{ANNOTATION_PREFIX}containers": CONTAINER,
            f"{ANNOTATION_PREFIX}ticket": ticket,
        }
        return pod

    async def refresh_user(
        self, authenticator: OAuthenticator, user: User, auth_state: AuthState | None
    ) -> bool | None:
        """OAuthenticator's `refresh_user_hook`, for tokens that are for the console alone."""
        given = None if auth_state is None else self._token_of(auth_state)
        if given is None:
            return None
        async with self._hook_turns.of(user.name):
            # Another request may have refreshed it since `auth_state` was read.
            stored = await user.get_auth_state()
            token = None if stored is None else self._token_of(stored)
            if stored is None or token is None:
                return None
            if token != given or not ends_soon(token):
                return True
            fresh = await refreshed(authenticator, stored)
            if fresh is None:
                return False
            await user.save_auth_state(fresh)
            return True

    async def _check(self, spawner: Spawner, selection: Selection) -> None:
        secrets: list[Secret] = await self._with_token(spawner, self.console.list_secrets)
        form.check_known(selection, secrets, variables=self._variables)

    async def _with_token(self, spawner: Spawner, call: Callable[[str], Awaitable[T]]) -> T:
        """With the user's token; where the console does not accept it, again with a fresh one."""
        token = await self._token(spawner, await spawner.user.get_auth_state())
        try:
            return await call(token)
        except StaleTokenError:
            fresh = await self._refreshed(spawner, token)
            if fresh is None or fresh == token:
                raise
            return await call(fresh)

    async def _token(self, spawner: Spawner, auth_state: AuthState | None) -> str:
        if auth_state is None:
            spawner.log.warning("twofold: no auth_state; set c.Authenticator.enable_auth_state and its key")
            raise TwofoldError(
                "This hub no longer knows your login. Log out, log in again, and start the server again."
            )
        token = self._token_of(auth_state)
        if token is None:
            raise StaleTokenError
        return token

    async def _refreshed(self, spawner: Spawner, rejected: str) -> str | None:
        """A token from the authenticator's own `refresh_user`, or from whoever else has stored one meanwhile."""
        user = spawner.user
        async with self._refresh_turns.of(user.name):
            stored = await self._stored_token(user)
            if stored != rejected:
                return stored
            model = await spawner.authenticator.refresh_user(user)
            auth_state = model.get("auth_state") if isinstance(model, dict) else None
            if isinstance(auth_state, Mapping):
                await user.save_auth_state(auth_state)
            # Otherwise a hook such as Twofold's has stored it, or JupyterHub, which refreshes without waiting its turn.
            return await self._stored_token(user)

    async def _stored_token(self, user: User) -> str | None:
        auth_state = await user.get_auth_state()
        return None if auth_state is None else self._token_of(auth_state)


def _last_choice(spawner: Spawner) -> Selection:
    try:
        return from_options((spawner.user_options or {}).get(OPTION))
    except SelectionError:
        return Selection()


async def _own_form(spawner: Spawner) -> str:
    """What KubeSpawner shows without Twofold."""
    own = spawner._options_form_default()
    return await own(spawner) if callable(own) else own
