"""Answers have the fields that GitLab documents."""

from typing import Any

import pytest

from tests.fakes.gitlab import FakeGitLab, Level
from tests.unit.fakes.clients import Acme, ApiClient, facts

FIELDS = facts("fields.json")

PATHS = {
    "user": "/user",
    "email": "/user/emails",
    "group": "/groups",
    "group_detail": "/groups/acme",
    "member": "/groups/acme/members/all",
    "project": "/groups/acme/projects",
    "file": "/projects/acme%2Flogging/repository/files/src%2FLog.php?ref=HEAD",
    "tree_entry": "/projects/1/repository/tree",
    "tag": "/projects/1/repository/tags",
    "branch": "/projects/1/repository/branches",
    "commit": "/projects/1/repository/commits/main",
    "access_token": "/personal_access_tokens/self",
    "metadata": "/metadata",
}


def first(body: Any) -> dict[str, Any]:
    found = body[0] if isinstance(body, list) else body
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("kind", sorted(PATHS))
def test_an_answer_has_every_documented_field(fake: FakeGitLab, kind: str) -> None:
    ann = fake.add_user("ann", more_emails=[("ann@almond.example", True)])
    acme = fake.add_group("acme")
    fake.add_member(acme, ann, Level.OWNER)
    library = fake.add_project(acme, "logging")
    fake.commit(library, {"src/Log.php": "<?php\n"})
    fake.tag(library, "v1.0.0")

    answer = ApiClient(fake, fake.personal_token(ann)).get(PATHS[kind])

    assert answer.status_code == 200
    assert set(FIELDS[kind]) <= first(answer.json()).keys()


@pytest.mark.parametrize(
    ("kind", "path"),
    [("project_hook", "/projects/1/hooks"), ("group_hook", "/groups/1/hooks"), ("system_hook", "/hooks")],
)
def test_a_hook_has_every_documented_field_and_no_secret(fake: FakeGitLab, acme: Acme, kind: str, path: str) -> None:
    admin = ApiClient(fake, fake.personal_token(fake.add_user("root", is_admin=True)))
    secret = "never-shown-again"

    created = admin.post(path, json={"url": "https://receiver.example/1", "token": secret})

    assert created.status_code == 201
    assert set(FIELDS[kind]) <= created.json().keys()
    assert secret not in created.text
    assert secret not in admin.get(path).text


def test_a_share_tells_the_granted_level(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    studio = fake.add_group("studio")
    fake.share(acme.group, studio, Level.REPORTER)

    [share] = owner.get(f"/groups/{acme.group.id}?with_projects=false").json()["shared_with_groups"]

    assert set(FIELDS["share"]) <= share.keys()
    assert share["group_access_level"] == Level.REPORTER


def test_only_an_administrator_sees_that_he_is_one(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    admin = ApiClient(fake, fake.personal_token(fake.add_user("root", is_admin=True)))

    assert admin.get("/user").json()["is_admin"] is True
    assert "is_admin" not in owner.get("/user").json()


def test_an_unconfirmed_address_has_no_confirmation_time(fake: FakeGitLab) -> None:
    mia = fake.add_user("mia", is_confirmed=False)

    assert ApiClient(fake, fake.personal_token(mia)).get("/user").json()["confirmed_at"] is None


def test_an_empty_project_has_no_default_branch(fake: FakeGitLab, acme: Acme, owner: ApiClient) -> None:
    empty = fake.add_project(acme.group, "playground")

    body = owner.get(f"/projects/{empty.id}").json()

    assert (body["default_branch"], body["empty_repo"]) == (None, True)


def test_the_community_edition_has_no_group_hooks_and_no_member_states() -> None:
    with FakeGitLab(version="18.5.0") as community:
        ann = community.add_user("ann")
        group = community.add_group("acme")
        community.add_member(group, ann, Level.OWNER)
        client = ApiClient(community, community.personal_token(ann))

        assert client.get("/groups/1/hooks").status_code == 404
        assert "membership_state" not in client.get("/groups/1/members").json()[0]
        assert client.get("/metadata").json()["enterprise"] is False
