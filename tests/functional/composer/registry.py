"""An organization "acme" whose packages come from a fake GitLab, and people with tokens who ask for them."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from accounts.composer_tokens import Holder, create_token
from composer.jobs import request_update
from composer.packages import add_package
from models import (
    ComposerToken,
    Grant,
    GrantSource,
    Identity,
    Integration,
    Membership,
    MembershipSource,
    Organization,
    Package,
    PackageUpdate,
    Repository,
    Runtime,
    Team,
    TeamKind,
    TokenKind,
    User,
    digest_secret,
    utc_now,
)
from tests.fakes.gitlab import FakeGitLab, Group, Project
from tests.functional.rows import add_user
from tests.jobs import run_due_jobs

Json = dict[str, object]


def manifest(name: str, **more: object) -> str:
    """A composer.json."""
    return json.dumps({"name": name, "description": f"About {name}", "license": "proprietary", **more})


def basic(token: str, user: str = "token") -> dict[str, str]:
    """What Composer sends."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}


@dataclass(slots=True)
class Registry:
    """The fake host, our rows for it, and the web application."""

    fake: FakeGitLab
    group: Group
    runtime: Runtime
    app: Flask
    organization_id: int
    synchronization_id: int
    integration_id: int
    projects: dict[str, Project] = field(default_factory=dict)

    def add_project(self, path: str, *, files: Mapping[str, str] | None = None) -> Project:
        """A project at the host with its row here, not a package yet."""
        project = self.fake.add_project(self.group, path)
        self.projects[path] = project
        if files is not None:
            self.fake.commit(project, dict(files))
        with self.runtime.database.write() as session:
            session.add(
                Repository(
                    synchronization_id=self.synchronization_id,
                    remote_id=str(project.id),
                    name=path,
                    path=f"acme/{path}",
                    web_url=f"{self.fake.base_url}/acme/{path}",
                    clone_url=f"{self.fake.base_url}/acme/{path}.git",
                    visibility="private",
                    code_access="enabled",
                    default_branch="main",
                )
            )
        return project

    def add_library(self, path: str, *tags: str, **more: object) -> Project:
        """A project with these tags whose package `acme/<path>` is known but not read yet."""
        name = f"acme/{path}"
        project = self.add_project(path)
        for number, tag in enumerate(tags or ("v1.0.0",)):
            files = {"composer.json": manifest(name, **more), "src/code.php": f"<?php\n\nreturn {number};\n"}
            self.fake.commit(project, files, message=f"Release {tag}")
            self.fake.tag(project, tag)
        self.add_package(path, name)
        return project

    def add_package(self, path: str, name: str) -> int:
        """Make a package of a repository, and ask for its first update."""
        with self.runtime.database.write() as session:
            repository = session.scalars(select(Repository).where(Repository.name == path)).one()
            package = add_package(
                session,
                organization_id=self.organization_id,
                repository_id=repository.id,
                name=name,
                actor="test",
            )
            request_update(session, package_id=package.id, reason="test")
            return package.id

    def run_jobs(self) -> int:
        """What workers would do."""
        return run_due_jobs(self.runtime)

    def update(self, name: str) -> PackageUpdate:
        """Ask for an update and carry it out; returns its log."""
        with self.runtime.database.write() as session:
            request_update(session, package_id=self.package(name).id, reason="test")
        self.run_jobs()
        return self.last_update(name)

    def package(self, name: str) -> Package:
        """The newest package of this name as it is now."""
        with self.runtime.database.read() as session:
            query = select(Package).where(Package.name == name).order_by(Package.id.desc())
            package = session.scalars(query).first()
            assert package is not None
            return package

    def last_update(self, name: str) -> PackageUpdate:
        """The newest log of a package."""
        with self.runtime.database.read() as session:
            query = select(PackageUpdate).where(PackageUpdate.package_id == self.package(name).id)
            return session.scalars(query.order_by(PackageUpdate.id.desc())).all()[0]

    def add_person(self, login: str, *, reads: tuple[str, ...] = (), role: TeamKind | None = None) -> str:
        """Somebody with a personal token, who may read the code of these projects; returns the token."""
        with self.runtime.database.write() as session:
            user = session.scalars(select(User).join(Identity).where(Identity.login == login)).first()
            if user is None:
                user = add_user(session, session.get_one(Integration, self.integration_id), login)
            for path in reads:
                repository = session.scalars(select(Repository).where(Repository.name == path)).one()
                session.add(
                    Grant(
                        synchronization_id=self.synchronization_id,
                        repository_id=repository.id,
                        source=GrantSource.DIRECT,
                        identity_id=user.identities[0].id,
                        role_name="Developer",
                        role_level=30,
                    )
                )
            if role is not None:
                teams = select(Team).where(Team.organization_id == self.organization_id, Team.kind == role)
                team = session.scalars(teams).one()
                session.add(
                    Membership(team_id=team.id, identity_id=user.identities[0].id, source=MembershipSource.DIRECT)
                )
            life = timedelta(days=90)
            return create_token(session, Holder.person(user), author=user, name=login, life=life, now=utc_now()).text

    def add_organization_token(self, text: str) -> None:
        """A token of the organization itself."""
        with self.runtime.database.write() as session:
            session.add(
                ComposerToken(
                    kind=TokenKind.ORGANIZATION,
                    organization_id=self.organization_id,
                    name="ci",
                    digest=digest_secret(text),
                    last_four=text[-4:],
                )
            )

    def forbid(self, login: str, path: str) -> None:
        """Take a right away."""
        with self.runtime.database.write() as session:
            repository = session.scalars(select(Repository).where(Repository.name == path)).one()
            identity = session.scalars(select(Identity).where(Identity.login == login)).one()
            grants = select(Grant).where(Grant.repository_id == repository.id, Grant.identity_id == identity.id)
            for grant in session.scalars(grants):
                session.delete(grant)

    def own_prefixes(self, *prefixes: str) -> None:
        """Confirm vendor names as the organization's."""
        with self.runtime.database.write() as session:
            session.get_one(Organization, self.organization_id).owned_prefixes = list(prefixes)

    def get(self, path: str, token: str | None = None, **headers: str) -> TestResponse:
        """An answer, with everything done that comes after it."""
        sent = {**(basic(token) if token is not None else {}), **headers}
        client = self.app.test_client(use_cookies=False)
        answer = client.get(path, headers=sent, base_url=self.runtime.settings.base_url)
        answer.get_data()
        answer.close()
        return answer

    def versions(self, name: str, token: str, *, dev: bool = False) -> list[Json]:
        """The entries of a package as somebody sees them."""
        answer = self.get(f"/acme/p2/{name}{'~dev' if dev else ''}.json", token)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        entries: list[Json] = json.loads(answer.get_data())["packages"][name]
        return entries
