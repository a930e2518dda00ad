"""Kinds of credentials that an organization can store: what is asked for, and how each is used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from integrations.http import HttpClient
from integrations.oauth import OAuthTokens

StoredKey = Literal["access_token", "api_token", "password", "github_app"]


@dataclass(frozen=True, slots=True)
class StoredKind:
    """One kind of credential, as a platform takes it. `key` is that of the credential's row."""

    key: StoredKey
    label: str
    where: str  # where it is made at the host, and what it has to be allowed to do
    asks_for: str
    username_label: str = ""  # what to type beside the secret; "" when the secret speaks for itself
    sends: Literal["bearer", "basic"] = "bearer"  # with REST requests: the secret alone, or with the user name
    git_username: str = ""  # goes with the secret to git over HTTPS; "" means the account's own name
    names_account: bool = True  # False: the host tells no account behind it, only what it may read

    @property
    def is_app(self) -> bool:
        """Whether the secret is a private key with which tokens are made."""
        return self.key == "github_app"


@dataclass(frozen=True, slots=True)
class Installation:
    """An App of the host, installed in one of its organizations."""

    remote_id: str
    app_name: str
    organization_id: str
    organization_path: str


@dataclass(frozen=True, slots=True)
class AppParts:
    """How Apps work on a host that has them. The clients are below the API, with the App's own word as bearer."""

    sign: Callable[[str, str, datetime], str]  # the App's word: from its id, its private key (PEM) and the time
    find_installation: Callable[[HttpClient, str], Installation]  # in an organization with this path; NotFound
    make_token: Callable[[HttpClient, str, datetime], OAuthTokens]  # for the installation with this id
    installation_of: Callable[[Mapping[str, str], bytes], str | None]  # to which a delivery of its webhook belongs
