"""Branches and tags are taken as the server lists them, if git itself would take their names."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.vcs.refs import RemoteRef, SkippedRef, find_name_problem, parse_refs

ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40


def listing(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def test_head_branches_and_peeled_tags_are_read_and_everything_else_is_passed_over() -> None:
    answer = listing(
        "ref: refs/heads/develop\tHEAD",
        f"{ONE}\tHEAD",
        f"{ONE}\trefs/heads/develop",
        f"{TWO}\trefs/heads/1.x",
        f"{ONE}\trefs/merge-requests/1/head",
        f"{ONE}\trefs/remotes/origin/HEAD",
        f"{THREE}\trefs/tags/v1.0.0",
        f"{TWO}\trefs/tags/v1.0.0^{{}}",
        f"{ONE}\trefs/tags/light",
        "nonsense",
    )

    refs = parse_refs(answer)

    assert refs.default_branch == "develop"
    assert refs.branches == (RemoteRef("refs/heads/1.x", TWO, TWO), RemoteRef("refs/heads/develop", ONE, ONE))
    assert refs.tags == (RemoteRef("refs/tags/light", ONE, ONE), RemoteRef("refs/tags/v1.0.0", THREE, TWO))
    assert [ref.short_name for ref in refs.all] == ["1.x", "develop", "light", "v1.0.0"]
    assert [ref.is_tag for ref in refs.all] == [False, False, True, True]
    assert refs.skipped == ()


def test_an_empty_repository_has_nothing() -> None:
    refs = parse_refs(b"")

    assert (refs.default_branch, refs.all) == (None, ())


@pytest.mark.parametrize(
    ("names", "expected"), [(["x", "main"], "main"), (["x", "master"], "master"), (["x", "y"], "x"), ([], None)]
)
def test_without_a_named_head_the_likeliest_branch_at_its_commit_is_the_default(
    names: list[str], expected: str | None
) -> None:
    answer = listing(f"{ONE}\tHEAD", f"{TWO}\trefs/heads/a", *(f"{ONE}\trefs/heads/{name}" for name in names))

    assert parse_refs(answer).default_branch == expected


def test_a_head_that_names_a_missing_branch_is_no_default() -> None:
    answer = listing("ref: refs/heads/gone\tHEAD", f"{ONE}\trefs/heads/main")

    assert parse_refs(answer).default_branch is None


def test_hostile_names_are_skipped_with_a_reason() -> None:
    answer = listing(
        f"{ONE}\trefs/tags/../../config",
        f"{ONE}\trefs/heads/x.lock",
        f"{ONE}\trefs/heads/{'a' * 250}",
        f"{ONE}\trefs/heads/--upload-pack=touch",
        f"{ONE}\trefs/heads/-x",
        f"{ONE}\trefs/tags/ünï-😀",
    )
    answer += ONE.encode() + b"\trefs/heads/\xff\n"

    refs = parse_refs(answer)

    assert [ref.short_name for ref in refs.all] == ["--upload-pack=touch", "-x", "ünï-😀"]
    assert set(refs.skipped) == {
        SkippedRef("refs/tags/../../config", "not a valid git name"),
        SkippedRef("refs/heads/x.lock", "not a valid git name"),
        SkippedRef("refs/heads/" + "a" * 250, "name too long"),
        SkippedRef("refs/heads/\ufffd", "not a valid git name"),
    }


@pytest.mark.parametrize("name", ["main", "refs/notes/x", "refs/heads/", "HEAD"])
def test_only_branches_and_tags_are_names(name: str) -> None:
    assert find_name_problem(name) == "not a branch or tag"


def test_a_name_of_many_parts_may_not_be_endless() -> None:
    assert find_name_problem("refs/heads/" + "abc/" * 300 + "x") == "name too long"


ODD = st.text(alphabet="ab-./@{}~^:?*[\\ \t\x7fü\n", min_size=1, max_size=8)


@given(ODD)
def test_our_rule_is_never_looser_than_gits_own(name: str) -> None:
    full = f"refs/heads/{name}"
    git = subprocess.run(["git", "check-ref-format", full], check=False, capture_output=True)

    is_taken_by_us = find_name_problem(full) is None

    assert is_taken_by_us == (git.returncode == 0)
