"""Code hosts that this instance is connected to, credentials for them, and logins on their way."""

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, utc_now
from models.secrets import SecretBox


class LoginPolicy(StrEnum):
    """Who may log in through an integration."""

    MEMBERS = "members"
    EVERYONE = "everyone"


class Integration(Base):
    """A code host and our OAuth application there. A deleted one keeps its row, so that its slug is never reused.

    With OAuth 1 the client ID is the consumer key that we made up, and the client secret is our private key (PEM).
    """

    __tablename__ = "integration"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    platform: Mapped[str]
    base_url: Mapped[str]
    is_for_login: Mapped[bool] = mapped_column(default=True)
    is_for_synchronization: Mapped[bool] = mapped_column(default=True)
    is_for_webhooks: Mapped[bool] = mapped_column(default=True)
    login_policy: Mapped[LoginPolicy]
    is_trusting_emails: Mapped[bool] = mapped_column(default=False)
    api_timeout_seconds: Mapped[int] = mapped_column(default=20)
    client_id: Mapped[str]
    client_secret_sealed: Mapped[str]
    ca_certificate: Mapped[str] = mapped_column(default="")
    product_version: Mapped[str] = mapped_column(default="")
    oauth_version: Mapped[int] = mapped_column(default=2)
    is_draft: Mapped[bool] = mapped_column(default=False)  # the host does not know our keys yet: nobody can log in
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    tried_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    def seal_client_secret(self, box: SecretBox, value: str) -> None:
        """Store the OAuth client secret; `slug` must be set."""
        self.client_secret_sealed = box.seal(f"integration:{self.slug}:client_secret", value)

    def unseal_client_secret(self, box: SecretBox) -> str:
        """The OAuth client secret. Raises SecretUnreadable."""
        return box.unseal(f"integration:{self.slug}:client_secret", self.client_secret_sealed)


class CredentialKind(StrEnum):
    """What a credential is. All but the OAuth ones are stored for an organization."""

    OAUTH = "oauth"
    OAUTH1 = "oauth1"
    ACCESS_TOKEN = "access_token"  # noqa: S105 - a kind, not a token
    API_TOKEN = "api_token"  # noqa: S105
    PASSWORD = "password"  # noqa: S105
    GITHUB_APP = "github_app"


class CredentialState(StrEnum):
    """Whether a credential can be used."""

    OK = "ok"
    NEEDS_RECONNECT = "needs_reconnect"


class Credential(Base):
    """What we may act with at a code host: a person's OAuth grant, or what is stored for an organization.

    The access token is what is sent: a token or a password. The refresh token is what a new one is asked for with: that
    of OAuth, or the private key of a GitHub App.
    """

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(unique=True, default=lambda: secrets.token_hex(16))
    kind: Mapped[CredentialKind]
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), index=True)
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id"), unique=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[str] = mapped_column(default="")
    username: Mapped[str] = mapped_column(default="")  # whose password or token it is; of a GitHub App, its id
    remote_id: Mapped[str] = mapped_column(default="")  # of the account at the host; of a GitHub App, the installation
    access_token_sealed: Mapped[str]
    refresh_token_sealed: Mapped[str | None]
    scopes: Mapped[list[str]] = mapped_column(default=list)
    obtained_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime | None]
    state: Mapped[CredentialState] = mapped_column(default=CredentialState.OK)
    state_reason: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    refresh_lease_until: Mapped[datetime | None]

    integration: Mapped[Integration] = relationship()

    def seal_tokens(self, box: SecretBox, *, access_token: str, refresh_token: str | None) -> None:
        """Store both tokens. Sets `place` first when the row is new."""
        self.place = self.place or secrets.token_hex(16)
        self.access_token_sealed = box.seal(f"credential:{self.place}:access_token", access_token)
        self.refresh_token_sealed = (
            None if refresh_token is None else box.seal(f"credential:{self.place}:refresh_token", refresh_token)
        )

    def unseal_access_token(self, box: SecretBox) -> str:
        """The access token. Raises SecretUnreadable."""
        return box.unseal(f"credential:{self.place}:access_token", self.access_token_sealed)

    def unseal_refresh_token(self, box: SecretBox) -> str | None:
        """The refresh token, None when there is none. Raises SecretUnreadable."""
        if self.refresh_token_sealed is None:
            return None
        return box.unseal(f"credential:{self.place}:refresh_token", self.refresh_token_sealed)


class FlowPurpose(StrEnum):
    """Why a browser was sent to a code host."""

    LOGIN = "login"
    LINK = "link"
    REAUTHENTICATE = "reauthenticate"
    AUTHORIZE = "authorize"  # ask for more scopes: to synchronize, to install hooks
    TEST = "test"
    CLAIM_ADMIN = "claim_admin"


class OAuthFlow(Base):
    """A login on its way: one row per visit to the host, usable once, bound to the browser that started it."""

    __tablename__ = "oauth_flow"

    state_digest: Mapped[str] = mapped_column(primary_key=True)
    web_session_id: Mapped[int] = mapped_column(ForeignKey("web_session.id", ondelete="CASCADE"), index=True)
    setup_session_id: Mapped[int | None] = mapped_column(ForeignKey("setup_session.id", ondelete="CASCADE"))
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    purpose: Mapped[FlowPurpose]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    issuer: Mapped[str]
    token_endpoint: Mapped[str]
    redirect_uri: Mapped[str]
    code_verifier_sealed: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(default=list)
    next_path: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AppHook(Base):
    """The one webhook of a GitHub App: for all its installations, so for every organization that has stored it."""

    __tablename__ = "app_hook"
    __table_args__ = (UniqueConstraint("integration_id", "app_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=lambda: secrets.token_hex(16))
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), index=True)
    app_id: Mapped[str]
    secret_sealed: Mapped[str]
    last_delivery_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    integration: Mapped[Integration] = relationship()

    def seal_secret(self, box: SecretBox, value: str) -> None:
        """Store the secret that signs deliveries. Sets `public_id` first when the row is new."""
        self.public_id = self.public_id or secrets.token_hex(16)
        self.secret_sealed = box.seal(f"app_hook:{self.public_id}:secret", value)

    def unseal_secret(self, box: SecretBox) -> str:
        """The secret that signs deliveries. Raises SecretUnreadable."""
        return box.unseal(f"app_hook:{self.public_id}:secret", self.secret_sealed)
