"""`archive.exclude` matches as Composer's own archiver does."""

import json
import time

import pytest

from composer.archive_exclude import compile_exclude_rules, is_excluded, read_exclude_rules

# Rule, paths that it leaves out, paths that it keeps.
CASES = [
    ("/docs", ["docs", "docs/a", "docs/a/b"], ["docs2/a", "src/docs/a", "my/docs"]),
    ("docs", ["docs/a", "src/docs/a", "a/docs"], ["docs2", "a/mydocs"]),
    ("docs/", ["docs/a", "src/docs/a"], ["docsx/a"]),
    ("/docs/", ["docs/a"], ["src/docs/a"]),
    ("*.md", ["README.md", "a/b.md"], ["a.mdx", ".md", "a/.hidden.md"]),
    ("/*.md", ["README.md"], ["a/README.md"]),
    ("src/*.txt", ["src/a.txt", "lib/src/a.txt", "xsrc/a.txt"], ["src/a/b.txt", "src/.a.txt"]),
    ("tests/**/*.php", ["tests/a.php", "tests/x/a.php", "tests/x/y/a.php"], ["tests/a.txt", "tests/.x/a.php"]),
    ("tests/**", ["tests/a", "tests/x/y"], ["test/a", "tests/.x"]),
    ("x*w/**/a*b", ["xzw/a.b/c/a.md", "xw/c/ab"], ["xw/c/a.md"]),
    ("**/foo", ["a/foo", "a/b/foo/c"], ["a/foobar", "foo2"]),
    ("a?c", ["abc", "x/abc/d"], ["ac", "a/c", "abbc"]),
    ("*.{md,txt}", ["a.md", "a.txt"], ["a.php", "a.{md,txt}"]),
    ("{a,b{c,d}}.x", ["a.x", "bc.x", "bd.x"], ["b.x"]),
    ("file[12].txt", ["file1.txt", "a/file2.txt"], ["file3.txt", "file[12].txt"]),
    (r"a\*b", ["a*b"], ["axb"]),
    ("a.b+c(d)", ["a.b+c(d)"], ["aXb+c(d)", "a.bbc(d)"]),
    (".*", [".env", "a/.github/x"], ["a"]),
    ("*", ["a", "a/b", "x/y/z"], [".env"]),
    ("*a*b*c", ["xaxbxc", "abc", "aabbcc"], ["acb", "a/b/c"]),
    ("composer.lock", ["composer.lock"], ["composer_lock"]),
]


@pytest.mark.parametrize(("rule", "out", "kept"), CASES)
def test_a_rule_leaves_out_what_composer_leaves_out(rule: str, out: list[str], kept: list[str]) -> None:
    rules = compile_exclude_rules([rule])

    assert [path for path in out if not is_excluded(path, rules)] == []
    assert [path for path in kept if is_excluded(path, rules)] == []


def test_later_rules_win_and_take_back() -> None:
    rules = compile_exclude_rules(["/docs", "!/docs/keep.md", "secret.md", "!!other"])

    assert is_excluded("docs/a.md", rules)
    assert not is_excluded("docs/keep.md", rules)
    assert is_excluded("docs/secret.md", rules)


@pytest.mark.parametrize("rule", ["", "/", "!", "//", "{a", "{a,{b,c}", "x" * 501, "a/**/b/**/c/**/d/**/e", "[z-a]"])
def test_what_is_no_sensible_pattern_is_passed_over(rule: str) -> None:
    assert compile_exclude_rules([rule]) == ()


def test_braces_can_not_multiply_without_end() -> None:
    assert compile_exclude_rules(["{a,b}" * 7]) == ()
    assert len(compile_exclude_rules(["{a,b}" * 3])[0].patterns) == 8


def test_nothing_in_an_absurd_depth_is_matched() -> None:
    rules = compile_exclude_rules(["x"])

    assert is_excluded("a/" * 64 + "x", rules)
    assert not is_excluded("a/" * 65 + "x", rules)


def test_only_the_first_rules_count() -> None:
    assert len(compile_exclude_rules(["a"] * 600)) == 500


@pytest.mark.parametrize(
    "rule",
    [
        "*a" * 60 + "b",
        "?*" * 60,
        "/**/*a*a*a*a*a*b/**/*a*a*ac",
        "x/**/*a*a/**/*a*a/**/b",
        "*/**/*/**/*/**/b",
        "**a**b**c" * 20,
    ],
)
def test_a_hostile_pattern_is_decided_quickly(rule: str) -> None:
    rules = compile_exclude_rules([rule])
    begun = time.monotonic()

    for path in ("a" * 900, "a/" * 450, "aa/" * 300 + "x", "a/" * 60 + "a" * 800, "aaaaaaaa/" * 64 + "x"):
        is_excluded(path, rules)

    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"archive": []}',
        b'{"archive": {"exclude": "docs"}}',
        b'{"archive": {"exclude": [1, null, {}]}}',
    ],
)
def test_a_broken_or_silent_manifest_has_no_rules(manifest: bytes) -> None:
    assert read_exclude_rules(manifest) == ()


@pytest.mark.parametrize("exclude", [["/docs", 1], {"x": "/docs"}])
def test_rules_are_read_from_a_list_and_from_an_object(exclude: object) -> None:
    rules = read_exclude_rules(json.dumps({"archive": {"exclude": exclude}}).encode())

    assert is_excluded("docs/a", rules)
    assert not is_excluded("src/a", rules)
