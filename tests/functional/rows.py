"""Rows that functional tests start from."""

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from models import (
    Credential,
    CredentialKind,
    Identity,
    Instance,
    InstanceState,
    Integration,
    LoginPolicy,
    Organization,
    SecretBox,
    Synchronization,
    Team,
    TeamKind,
    User,
)
from models.start import CANARY, CANARY_PLACE


def add_instance(session: Session, box: SecretBox, *, state: InstanceState = InstanceState.ACTIVE) -> Instance:
    """The one row about this installation."""
    instance = Instance(id=1, instance_id="test", state=state, key_canary=box.seal(CANARY_PLACE, CANARY))
    session.add(instance)
    session.flush()
    return instance


def reopen_setup(session: Session) -> None:
    """Do what the database itself refuses: what if somebody got around its trigger?"""
    of_table = "" if session.get_bind().dialect.name == "sqlite" else " ON instance"
    session.execute(text(f"DROP TRIGGER instance_never_back{of_table}"))
    session.execute(update(Instance).values(state=InstanceState.SETUP))


def add_integration(session: Session, box: SecretBox, *, slug: str = "gitlab", base_url: str = "") -> Integration:
    """A GitLab server."""
    integration = Integration(
        slug=slug,
        name=slug.title(),
        platform="gitlab_self_managed",
        base_url=base_url or f"https://{slug}.test",
        login_policy=LoginPolicy.EVERYONE,
        client_id="client",
    )
    integration.seal_client_secret(box, "secret")
    session.add(integration)
    session.flush()
    return integration


def add_user(session: Session, integration: Integration, login: str, *, is_external: bool | None = None) -> User:
    """Somebody who has logged in through an integration."""
    user = User(display_name=login.title())
    user.identities = [
        Identity(
            integration_id=integration.id,
            remote_id=f"id-{login}",
            login=login,
            display_name=login.title(),
            is_external=is_external,
        )
    ]
    session.add(user)
    session.flush()
    return user


def add_organization(session: Session, *, short_name: str = "acme") -> Organization:
    """An organization with its built-in teams."""
    organization = Organization(short_name=short_name, name=short_name.title())
    organization.teams = [Team(kind=TeamKind.OWNERS, name="Owners"), Team(kind=TeamKind.ADMINS, name="Admins")]
    session.add(organization)
    session.flush()
    return organization


def add_credential(session: Session, box: SecretBox, identity: Identity, *, token: str = "token") -> Credential:
    """An OAuth grant of an account."""
    credential = Credential(
        kind=CredentialKind.OAUTH, integration_id=identity.integration_id, identity_id=identity.id, scopes=["api"]
    )
    credential.seal_tokens(box, access_token=token, refresh_token=None)
    session.add(credential)
    session.flush()
    return credential


def add_synchronization(
    session: Session,
    organization: Organization,
    integration: Integration,
    *,
    remote_id: str = "1",
    credential: Credential | None = None,
    is_primary: bool = True,
) -> Synchronization:
    """A synchronization of the group "acme"."""
    synchronization = Synchronization(
        organization_id=organization.id,
        integration_id=integration.id,
        credential_id=credential.id if credential else None,
        remote_kind="group",
        remote_id=remote_id,
        remote_name="Acme",
        remote_path="acme",
        is_primary=is_primary,
    )
    session.add(synchronization)
    session.flush()
    return synchronization
