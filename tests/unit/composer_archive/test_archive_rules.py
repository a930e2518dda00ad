"""What may go into a zip that other people unpack."""

import pytest

from composer.archive_rules import find_link_problem, find_path_problem, fold_case, is_top_directory, list_directories


@pytest.mark.parametrize(
    "path", ["composer.json", "src/A b.php", ".gitignore", ".github/x", "a..b", "...", "ünï/код", "git", "x.git", "C:x"]
)
def test_ordinary_paths_are_fine(path: str) -> None:
    assert find_path_problem(path) is None


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("../x", "leaves"),
        ("a/../x", "leaves"),
        ("/etc/passwd", "leaves"),
        ("a//b", "leaves"),
        ("./a", "leaves"),
        ("", "leaves"),
        ("a\\..\\b", "backslash"),
        ("a\nb", "control"),
        ("a\x1b[31m", "control"),
        ("a\x85", "control"),
        ("bad\udcff", "UTF-8"),
        ("x" * 1001, "too long"),
        (".git/config", "git's own"),
        ("a/.GIT/hooks/x", "git's own"),
        (".git. /x", "git's own"),
        (".git::$INDEX_ALLOCATION/x", "git's own"),
        ("git~1/x", "git's own"),
        (".g\u200cit/config", "git's own"),
        (".ＧＩＴ"[:1] + "ɢit"[:0] + "gIt", "git's own"),
    ],
)
def test_harmful_paths_are_told(path: str, problem: str) -> None:
    assert problem in str(find_path_problem(path))


@pytest.mark.parametrize(
    ("path", "target"),
    [("l", "a"), ("l", "./a/b"), ("l", "."), ("a/l", "../b"), ("a/b/l", "../../c"), ("a/l", ".."), ("l", "a//b/")],
)
def test_links_that_stay_inside_are_fine(path: str, target: str) -> None:
    assert find_link_problem(path, target) is None


@pytest.mark.parametrize(
    ("path", "target", "problem"),
    [
        ("l", "/etc/passwd", "absolute"),
        ("l", "..", "outside"),
        ("l", "../x", "outside"),
        ("a/l", "../../x", "outside"),
        ("a/l", "./.././../x", "outside"),
        ("l", "a/../b", "climbs"),
        ("a/l", "../a/../../x", "climbs"),
        ("l", "", "plain"),
        ("l", "a\\b", "plain"),
        ("l", "a\0", "plain"),
        ("l", "a\udcff", "plain"),
        ("l", "a" * 1001, "plain"),
        ("l", ".git/config", "git's own"),
    ],
)
def test_links_that_could_leave_are_told(path: str, target: str, problem: str) -> None:
    assert problem in str(find_link_problem(path, target))


@pytest.mark.parametrize(("name", "expected"), [("acme-logging-1a2b3c4", True), ("A.b_c", True), ("1", True)])
def test_a_plain_name_can_hold_everything(name: str, expected: bool) -> None:
    assert is_top_directory(name) is expected


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\n", "-x", ".git", "a.", "ü", "a" * 122])
def test_other_names_can_not(name: str) -> None:
    assert not is_top_directory(name)


def test_names_that_some_file_system_takes_for_one_are_folded_together() -> None:
    assert fold_case("Straße/É") == fold_case("STRASSE/e\u0301".replace("e\u0301", "É"))


def test_all_directories_above_are_listed() -> None:
    assert list_directories(["a/b/c", "a/d", "e"]) == {"a", "a/b"}
