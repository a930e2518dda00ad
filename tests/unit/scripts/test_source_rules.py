"""The rules that `make lint` checks by itself: each can be broken, and the present source breaks none."""

import pytest

from scripts.places import ROOT
from scripts.source_rules import Source, find_violations, read_sources

# In two parts, so that the rules do not find them here.
UNFINISHED, SWITCHED_OFF, OF_ONE_MACHINE = "TO" + "DO", "sk" + "ip", "/ho" + "me/ann/project"


def function(name: str, *, lines: int, decorator: str = "") -> str:
    body = "\n".join("    x = 1" for _ in range(lines - 1))
    return f"{decorator}def {name}() -> None:\n{body}\n"


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("sync/run.py", "x = 1\n" * 401, "401 lines, at most 400"),
        ("templates/a.html", "<p>\n" * 121, "121 lines, at most 120"),
        ("sync/run.py", function("long", lines=51), "function long has 51 lines, at most 50"),
        ("admin/views.py", function("page", lines=26, decorator="@blueprint.get('/')\n"), "view page has 26 lines"),
        ("sync/jobs.py", function("work", lines=12, decorator="@job(queue='sync')\n"), "job body work has 11 lines"),
        ("web/utils.py", "", "the name says nothing"),
        ("web/pages.py", f"x = 1  # {UNFINISHED} later\n", "unfinished"),
        ("web/pages.py", "def broken(:\n", "not valid Python"),
        ("tests/test_a.py", f"@pytest.mark.{SWITCHED_OFF}\n", "switched off"),
        ("web/pages.py", f"path = '{OF_ONE_MACHINE}'\n", "a path of one machine"),
        ("sync/plan.py", "now = datetime.now(UTC)\n", "reads no clock"),
        ("integrations/gitlab/convert.py", "text = open(path)\n", "reads no clock and no file"),
        ("requirements/runtime.in", "--index-url somewhere\n", "names a place to download from"),
        ("requirements/runtime.txt", "flask==3\n", "without hashes"),
    ],
)
def test_a_broken_rule_is_named(path: str, text: str, complaint: str) -> None:
    violations = find_violations([Source(path=path, text=text)])

    assert any(complaint in violation and path in violation for violation in violations)


def test_many_long_files_are_too_many() -> None:
    sources = [Source(path=f"web/{number}.py", text="x = 1\n" * 150) for number in range(3)]

    assert find_violations(sources) == ["the median file has 150 lines, at most 100"]


def test_many_long_functions_are_too_many() -> None:
    sources = [Source(path=f"web/{number}.py", text=function("f", lines=20)) for number in range(3)]

    assert find_violations(sources) == ["the median function has 20 lines, at most 10"]


def test_a_migration_may_be_as_long_as_its_change() -> None:
    source = Source(path="migrations/versions/0001_first.py", text=function("upgrade", lines=500))

    assert find_violations([source]) == []


def test_good_source_is_left_alone() -> None:
    source = Source(path="web/pages.py", text='"""Pages."""\n\nTODO = "todo"\nlink = "https://example.com/work/x"\n')

    assert find_violations([source]) == []


def test_the_source_of_this_project_is_found() -> None:
    paths = {source.path for source in read_sources(ROOT)}

    assert {"Makefile", "scripts/source_rules.py", "config/settings.py"} <= paths
