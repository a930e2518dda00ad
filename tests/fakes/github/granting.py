"""Methods of the fake that make credentials: applications, tokens, apps; and the policies that stand against them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.fakes.parts.routing import Json

from . import hook_events
from .issuing import issue, new_application, new_secret, new_token
from .model import GitHubApp, Hook, Installation, Organization, Repo, Token, TokenKind, User
from .rendering_apps import installation as installation_row
from .server_core import Core
from .state import digest

ALL_SCOPES = ("repo", "admin:org", "admin:org_hook", "user")
READING = {"metadata": "read", "contents": "read", "members": "read"}


class ClientCredentials(NamedTuple):
    """What the page of a new application shows."""

    client_id: str
    secret: str


class AppCredentials(NamedTuple):
    """What somebody gets who registers a GitHub App. `private_key` is PEM."""

    app: GitHubApp
    private_key: str
    webhook_secret: str


class Granting:
    """Needs a `core`."""

    core: Core

    def application(
        self,
        *,
        redirect_uri: str,
        owner: Organization | User | None = None,
        name: str = "Repertory",
        client_id: str | None = None,
        secret: str | None = None,
    ) -> ClientCredentials:
        """An OAuth application with its only callback address; of the first account unless an owner is named."""
        state = self.core.state
        with state.lock:
            owner_id = owner.id if owner is not None else next(iter(state.users), 0)
            made = new_application(
                self.core, name=name, callback_url=redirect_uri, owner_id=owner_id, client_id=client_id
            )
            return ClientCredentials(made.client_id, new_secret(made, secret))

    def oauth_token(self, user: User, client_id: str, scopes: Iterable[str] = ALL_SCOPES) -> str:
        """A token as if the user had just consented. Raises KeyError for an unknown application."""
        application = self.core.state.application_by(client_id)
        if application is None:
            raise KeyError(client_id)
        with self.core.state.lock:
            return issue(self.core, application, user.id, scopes)[1]

    def personal_token(
        self,
        user: User,
        scopes: Iterable[str] = ALL_SCOPES,
        *,
        expires_at: datetime | None = None,
        is_fine_grained: bool = False,
    ) -> str:
        """A classic token; a fine-grained one has no scopes, and lists no organizations."""
        kind: TokenKind = "fine_grained" if is_fine_grained else "classic"
        with self.core.state.lock:
            return new_token(self.core, kind, user.id, scopes, expires_at=expires_at)[1]

    def token(self, secret: str) -> Token:
        """Raises KeyError for one that was never issued."""
        return self.core.state.tokens[digest(secret)]

    def revoke_token(self, secret: str) -> None:
        """Raises KeyError for one that was never issued."""
        with self.core.state.lock:
            self.token(secret).is_revoked = True

    def enforce_saml(self, home: Organization) -> None:
        """From now on only tokens that were authorized for the organization open it."""
        with self.core.state.lock:
            home.enforces_saml = True

    def authorize_for_saml(self, secret: str, home: Organization) -> None:
        with self.core.state.lock:
            self.token(secret).sso_organizations.add(home.id)

    def cut_lists(self, path_regex: str) -> None:
        """Answer half of what these lists hold, and say that SAML hides the rest."""
        self.core.partial_paths.append(path_regex)

    def restrict_applications(self, home: Organization, *, approved: Iterable[str] = ()) -> None:
        """Only approved OAuth applications (by client id) reach what is not public."""
        with self.core.state.lock:
            home.restricts_applications = True
            found = [self.core.state.application_by(client_id) for client_id in approved]
            home.approved_applications = {each.id for each in found if each is not None}

    def add_app(
        self,
        owner: Organization,
        name: str = "Repertory",
        *,
        permissions: dict[str, str] | None = None,
        events: Iterable[str] = (),
        webhook_url: str = "",
        webhook_secret: str = "",
    ) -> AppCredentials:
        """A GitHub App with its private key and its own webhook."""
        state, now = self.core.state, self.core.clock.now()
        private_key = generate_private_key(public_exponent=65537, key_size=2048)
        public = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with state.lock:
            key = state.next_id("apps")
            app = GitHubApp(key, name.lower(), name, f"Iv23{key:016x}", owner.id, public, now)
            app.permissions, app.events = permissions or dict(READING), tuple(events)
            state.apps[app.id] = app
            hook_id = state.next_id("hooks")
            hook = Hook(hook_id, "integration", app.id, webhook_url, now, now, ("*",), bool(webhook_url), "json")
            hook.secret = webhook_secret
            state.hooks[hook.id] = hook
        pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
        return AppCredentials(app, pem, webhook_secret)

    def install_app(self, app: GitHubApp, home: Organization, repos: Iterable[Repo] | None = None) -> Installation:
        """Into all repositories of an organization, or some."""
        state = self.core.state
        with state.lock:
            key = state.next_id("installations")
            made = Installation(key, app.id, home.id, self.core.clock.now(), dict(app.permissions), app.events)
            made.repository_ids = None if repos is None else {each.id for each in repos}
            state.installations[made.id] = made
            self._tell_installation(made, "created")
        return made

    def uninstall_app(self, installation: Installation) -> None:
        with self.core.state.lock:
            self._tell_installation(installation, "deleted")
            del self.core.state.installations[installation.id]

    def suspend_installation(self, installation: Installation) -> None:
        with self.core.state.lock:
            installation.suspended_at = self.core.clock.now()
            self._tell_installation(installation, "suspend")

    def _tell_installation(self, each: Installation, action: str) -> None:
        body: Json = {"action": action, "installation": installation_row(self.core, each)}
        hook_events.tell_app(self.core, each.app_id, "installation", body)
