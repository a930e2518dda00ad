"""An installation with one organization, and browsers of people who are logged in."""

import html
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import (
    Grant,
    GrantSource,
    ManifestState,
    Membership,
    MembershipSource,
    Organization,
    Package,
    PackageState,
    RefKind,
    Repository,
    Runtime,
    Synchronization,
    Team,
    TeamKind,
    User,
    Version,
    WebSession,
    digest_secret,
    utc_now,
)

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Browser:
    """The browser of somebody who is logged in."""

    client: FlaskClient
    base_url: str

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, base_url=self.base_url)

    def read(self, path: str) -> str:
        """The text of a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"))
        return answer.get_data(as_text=True)

    def post(self, path: str, **data: object) -> TestResponse:
        """Send a form, with the token that every page of this browser carries."""
        found = CSRF.search(self.read("/"))
        assert found is not None
        return self.client.post(path, base_url=self.base_url, data={"csrf_token": html.unescape(found[1])} | data)


@dataclass
class World:
    """The organization "acme" at GitLab: ann owns it, bob administers it, carla reads acme/logging, eve is outside."""

    app: Flask
    runtime: Runtime
    users: dict[str, int]
    organization_id: int = 0
    synchronization_id: int = 0
    browsers: dict[str, Browser] = field(default_factory=dict)

    def browser(self, login: str) -> Browser:
        """The browser of a person; the same one each time."""
        if login not in self.browsers:
            client = self.app.test_client()
            token = secrets.token_urlsafe(32)
            with self.runtime.database.write() as session:
                user = session.get_one(User, self.users[login])
                row = WebSession(digest=digest_secret(token), user_id=user.id, identity_id=user.identities[0].id)
                row.authenticated_at = utc_now()
                session.add(row)
            client.set_cookie("rpt", token, domain="localhost")
            self.browsers[login] = Browser(client, self.runtime.settings.base_url)
        return self.browsers[login]

    def write(self) -> AbstractContextManager[Session]:
        """Change rows behind the application's back."""
        return self.runtime.database.write()

    def count_queries(self, login: str, path: str) -> int:
        """How many statements it takes to show a page."""
        browser = self.browser(login)
        browser.read(path)  # the first time the browser is noted as seen,
        browser.read(path)  # the second time the state of the instance is looked at again
        with _statements(self.runtime) as statements:
            browser.read(path)
        return len(statements)


def fill_organization(session: Session, organization: Organization, synchronization: Synchronization) -> None:
    """Teams, repositories and two packages, of which carla may read the first."""
    developers = Team(
        organization_id=organization.id,
        kind=TeamKind.SYNCHRONIZED,
        name="acme",
        synchronization_id=synchronization.id,
        remote_id="1",
        remote_path="acme",
        role_key="30",
        role_name="Developer",
        role_level=30,
    )
    session.add(developers)
    session.flush()
    logging = add_repository(session, synchronization, "logging")
    add_repository(session, synchronization, "playground", manifest=False)
    clock = add_repository(session, synchronization, "clock")
    session.add(
        Grant(
            synchronization_id=synchronization.id,
            repository_id=logging.id,
            source=GrantSource.TEAM,
            team_id=developers.id,
            role_name="Developer",
            role_level=30,
        )
    )
    add_package(session, organization, logging, "acme/logging", "v1.0.0", "v1.1.0", "v2.0.0-beta1")
    add_package(session, organization, clock, "acme/clock")


def join(session: Session, user: User, team: Team, synchronization: Synchronization) -> None:
    """Put somebody's account into a team."""
    session.add(
        Membership(
            team_id=team.id,
            identity_id=user.identities[0].id,
            synchronization_id=synchronization.id,
            source=MembershipSource.DIRECT,
        )
    )


def add_repository(
    session: Session, synchronization: Synchronization, name: str, *, manifest: bool = True
) -> Repository:
    """A repository of the group."""
    repository = Repository(
        synchronization_id=synchronization.id,
        remote_id=name,
        name=name,
        path=f"acme/{name}",
        web_url=f"https://gitlab.test/acme/{name}",
        clone_url=f"https://gitlab.test/acme/{name}.git",
        visibility="private",
        code_access="enabled",
        default_branch="main",
        manifest_state=ManifestState.PRESENT if manifest else ManifestState.ABSENT,
        manifest_name=f"acme/{name}" if manifest else "",
    )
    session.add(repository)
    session.flush()
    return repository


def add_package(session: Session, organization: Organization, repository: Repository, name: str, *tags: str) -> Package:
    """A package that was read, with these tags."""
    package = Package(
        organization_id=organization.id,
        repository_id=repository.id,
        name=name,
        description=f"What {name} is for",
        state=PackageState.ACTIVE,
        updated_at=utc_now(),
    )
    package.versions = [
        Version(
            version=tag,
            normalized=tag.removeprefix("v").replace("-", ".0-") if "-" in tag else f"{tag.removeprefix('v')}.0",
            ref_kind=RefKind.TAG,
            ref_name=tag,
            reference=f"{number:040x}",
            released_at=utc_now(),
            content={"require": {"php": ">=8.1"}, "license": ["MIT"]},
        )
        for number, tag in enumerate(tags, start=1)
    ]
    session.add(package)
    session.flush()
    return package


@contextmanager
def _statements(runtime: Runtime) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile; beginning and ending a transaction does not count."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            found.append(statement)

    engines = {runtime.database.read_engine, runtime.database.write_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield found
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
