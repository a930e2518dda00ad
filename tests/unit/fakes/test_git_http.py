"""Real git clients clone, fetch and push, and are let in by GitLab's rules."""

from pathlib import Path

import pytest
import requests

from tests.fakes.gitlab import FakeGitLab, Level
from tests.unit.fakes.clients import Acme, ApiClient
from tests.unit.fakes.git_client import git, url


def refs(fake: FakeGitLab, folder: Path, token: str | None, **more: str) -> int:
    return git(folder, "ls-remote", url(fake, token, **more)).returncode


def test_a_clone_has_the_history_and_is_sound(fake: FakeGitLab, acme: Acme, tmp_path: Path) -> None:
    fake.tag(acme.library, "v1.1.0", message="Annotated")
    fake.commit(acme.library, {"src/deep/er/File.php": "<?php\n"}, branch="feature/x")
    token = fake.personal_token(acme.owner, ["read_repository"])

    assert git(tmp_path, "clone", "-q", url(fake, token), "copy").returncode == 0

    copy = tmp_path / "copy"
    assert git(copy, "fsck", "--full", "--strict").returncode == 0
    assert (copy / "src" / "Log.php").read_text() == "<?php\n"
    assert git(copy, "tag").stdout.split() == ["v1.0.0", "v1.1.0"]
    assert git(copy, "cat-file", "-t", "v1.1.0").stdout.strip() == "tag"
    assert git(copy, "ls-tree", "-r", "--name-only", "origin/feature/x").stdout.split()[-1] == "src/deep/er/File.php"


def test_the_default_branch_is_the_head(fake: FakeGitLab, acme: Acme, tmp_path: Path) -> None:
    library = fake.add_project(acme.group, "old", default_branch="trunk")
    fake.commit(library, {"composer.json": "{}"})
    token = fake.personal_token(acme.owner)

    listing = git(tmp_path, "ls-remote", "--symref", url(fake, token, "acme/old"), "HEAD").stdout

    assert listing.startswith("ref: refs/heads/trunk\tHEAD")


@pytest.mark.parametrize(
    ("scopes", "is_let_in"),
    [(["read_repository"], True), (["write_repository"], True), (["api"], True), (["read_api"], False)],
)
def test_scopes_of_a_token_open_git(
    fake: FakeGitLab, acme: Acme, tmp_path: Path, scopes: list[str], is_let_in: bool
) -> None:
    assert (refs(fake, tmp_path, fake.personal_token(acme.owner, scopes)) == 0) is is_let_in


@pytest.mark.parametrize(("level", "is_let_in"), [(Level.GUEST, False), (Level.PLANNER, False), (Level.REPORTER, True)])
def test_roles_open_git(fake: FakeGitLab, acme: Acme, tmp_path: Path, level: int, is_let_in: bool) -> None:
    bob = fake.add_user("bob")
    fake.add_member(acme.library, bob, level)

    assert (refs(fake, tmp_path, fake.personal_token(bob)) == 0) is is_let_in


def test_nobody_is_asked_for_a_name_and_password(fake: FakeGitLab, acme: Acme) -> None:
    for path in ("acme/logging", "acme/missing"):
        answer = requests.get(f"{fake.base_url}/{path}.git/info/refs?service=git-upload-pack", timeout=10)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_hidden_project_is_not_found_and_a_wrong_token_is_unauthorized(fake: FakeGitLab, acme: Acme) -> None:
    stranger = fake.personal_token(fake.add_user("mia"))
    address = f"{fake.base_url}/acme/logging.git/info/refs?service=git-upload-pack"

    assert requests.get(address, auth=("x", stranger), timeout=10).status_code == 404
    assert requests.get(address, auth=("x", "wrong"), timeout=10).status_code == 401


def test_a_public_project_is_open_to_all(fake: FakeGitLab, acme: Acme, tmp_path: Path) -> None:
    fake.update_project(acme.library, visibility="public")
    assert refs(fake, tmp_path, None) == 0

    fake.update_project(acme.library, repository_access_level="private")

    assert refs(fake, tmp_path, None) != 0
    assert refs(fake, tmp_path, fake.personal_token(acme.owner)) == 0


def test_a_deploy_token_reads_its_projects_only(fake: FakeGitLab, acme: Acme, tmp_path: Path) -> None:
    other = fake.add_project(fake.add_group("other"), "thing")
    fake.commit(other, {"composer.json": "{}"})
    name, secret = fake.deploy_token(acme.group)

    assert refs(fake, tmp_path, secret, username=name) == 0
    assert refs(fake, tmp_path, secret, username="somebody") != 0
    assert refs(fake, tmp_path, secret, username=name, path="other/thing") != 0
    fake.revoke_token(secret)
    assert refs(fake, tmp_path, secret, username=name) != 0


def test_a_blocked_user_is_out(fake: FakeGitLab, acme: Acme, tmp_path: Path) -> None:
    token = fake.personal_token(acme.owner)
    fake.block(acme.owner)

    assert "403" in git(tmp_path, "ls-remote", url(fake, token)).stderr


def test_a_push_arrives_and_is_seen_by_the_api(fake: FakeGitLab, acme: Acme, owner: ApiClient, tmp_path: Path) -> None:
    before = acme.library.last_activity_at
    token = fake.personal_token(acme.owner, ["write_repository"])
    git(tmp_path, "clone", "-q", url(fake, token), "copy")
    copy = tmp_path / "copy"
    (copy / "NEWS.md").write_text("new\n")
    for words in (["add", "."], ["commit", "-qm", "News"], ["tag", "-a", "v2.0.0", "-m", "Second"]):
        git(copy, *words)

    pushed = git(copy, "push", "-q", "origin", "main", "v2.0.0")

    assert pushed.returncode == 0, pushed.stderr
    assert owner.get("/projects/1/repository/files/NEWS.md/raw?ref=v2.0.0").text == "new\n"
    assert {row["name"] for row in owner.get("/projects/1/repository/tags").json()} == {"v1.0.0", "v2.0.0"}
    assert acme.library.last_activity_at > before
    fake.commit(acme.library, {"after.txt": "on top"})
    assert git(copy, "pull", "-q", "--ff-only").returncode == 0
    assert (copy / "after.txt").exists()


@pytest.mark.parametrize("scopes", [["read_repository"], ["read_api"]])
def test_a_push_needs_a_writing_scope(fake: FakeGitLab, acme: Acme, tmp_path: Path, scopes: list[str]) -> None:
    git(tmp_path, "clone", "-q", url(fake, fake.personal_token(acme.owner)), "copy")
    copy = tmp_path / "copy"
    git(copy, "tag", "v9")

    assert git(copy, "push", "-q", url(fake, fake.personal_token(acme.owner, scopes)), "v9").returncode != 0
    assert "refs/tags/v9" not in fake.repository(acme.library).refs


def test_a_deleted_branch_is_gone_for_git(fake: FakeGitLab, acme: Acme, tmp_path: Path) -> None:
    token = fake.personal_token(acme.owner)
    fake.commit(acme.library, {"x": "y"}, branch="feature")
    assert "refs/heads/feature" in git(tmp_path, "ls-remote", url(fake, token)).stdout

    fake.delete_branch(acme.library, "feature")

    assert "refs/heads/feature" not in git(tmp_path, "ls-remote", url(fake, token)).stdout


def test_an_empty_project_has_no_refs(fake: FakeGitLab, acme: Acme, tmp_path: Path) -> None:
    fake.add_project(acme.group, "playground")

    done = git(tmp_path, "ls-remote", url(fake, fake.personal_token(acme.owner), "acme/playground"))

    assert (done.returncode, done.stdout) == (0, "")


def test_the_old_path_of_a_moved_project_redirects(fake: FakeGitLab, acme: Acme) -> None:
    fake.move_project(acme.library, path="records")
    token = fake.personal_token(acme.owner)
    address = f"{fake.base_url}/acme/logging.git/info/refs?service=git-upload-pack"

    answer = requests.get(address, auth=("x", token), allow_redirects=False, timeout=10)

    assert answer.status_code == 301
    assert answer.headers["Location"].startswith(f"{fake.base_url}/acme/records.git/info/refs?")


def test_a_server_below_a_path_serves_git_too(tmp_path: Path) -> None:
    with FakeGitLab(prefix="/gitlab") as fake:
        ann = fake.add_user("ann")
        group = fake.add_group("acme")
        fake.add_member(group, ann, Level.OWNER)
        fake.commit(fake.add_project(group, "logging"), {"composer.json": "{}"})

        assert git(tmp_path, "clone", "-q", url(fake, fake.personal_token(ann)), "copy").returncode == 0
