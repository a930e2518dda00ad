"""The documentation says what is true: settings, commands and links."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli import repertory
from config import Settings

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
FOR_CRASH_TESTS_ONLY = {"REPERTORY_FAILPOINTS"}
VARIABLE = re.compile(r"^\| `([A-Z_]+)` \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
ROWS = {name: (default.strip(), example.strip()) for name, _, default, example in VARIABLE.findall(README)}
LARGEST_PICTURE = 150_000


class Environment(dict[str, str]):
    """An empty environment that remembers what was looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return default


def test_the_table_names_exactly_the_variables_that_are_read() -> None:
    environment = Environment()

    Settings.from_env(environment)

    assert set(ROWS) == environment.names - FOR_CRASH_TESTS_ONLY


def test_no_variable_has_two_rows() -> None:
    names = [match[0] for match in VARIABLE.findall(README)]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [name for name, (default, _) in ROWS.items() if default.startswith("`")])
def test_a_default_in_the_table_is_the_one_that_holds(name: str) -> None:
    attribute = name.removeprefix("REPERTORY_").lower()

    value = getattr(Settings.from_env({}), attribute)

    assert f"`{value}`" == ROWS[name][0]


@pytest.mark.parametrize("name", [name for name, (_, example) in ROWS.items() if example.startswith("`")])
def test_an_example_in_the_table_is_accepted_and_changes_something(name: str, tmp_path: Path) -> None:
    example = ROWS[name][1].strip("`")
    if name.endswith("_FILE"):
        example = str(tmp_path / "file.pem")
        Path(example).write_text("A" * 43 + "=", encoding="ascii")

    settings = Settings.from_env({name: example})

    assert settings != Settings.from_env({})


def test_every_command_that_is_shown_exists() -> None:
    shown = {command for page in PAGES for command in commands_in(page.read_text(encoding="utf-8"))}

    missing = [command for command in sorted(shown) if not is_known(command.split())]

    assert shown
    assert missing == []


def test_every_command_that_exists_is_in_the_table() -> None:
    table = {tuple(command.split()) for command in re.findall(r"^\| `\./repertory ([^`]+)`", README, re.MULTILINE)}

    missing = [path for path in leaves(repertory) if not any(words[: len(path)] == path for words in table)]

    assert missing == []


def test_every_make_target_that_is_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    shown = {
        target for page in PAGES for target in re.findall(r"(?:`|\n)make ([a-z]+)", page.read_text(encoding="utf-8"))
    }

    assert shown
    assert shown <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    broken = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link and not leads(page, link)]

    assert broken == []


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "images").glob("*.png")), ids=lambda path: path.name)
def test_a_picture_is_light_and_as_wide_as_a_page(picture: Path) -> None:
    content = picture.read_bytes()

    assert len(content) < LARGEST_PICTURE
    assert int.from_bytes(content[16:20], "big") == 1280


def commands_in(text: str) -> list[str]:
    return re.findall(r"\./repertory ((?:[a-z-]+ ?)+)", text)


def is_known(words: list[str]) -> bool:
    """Whether the words begin with a command; what follows are its arguments."""
    group: click.Command = repertory
    for word in words:
        if not isinstance(group, click.Group):
            return True
        if word not in group.commands:
            return False
        group = group.commands[word]
    return not isinstance(group, click.Group)


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name)


def leads(page: Path, link: str) -> bool:
    place, _, heading = link.partition("#")
    target = page.parent / place if place else page
    return target.is_file() and (not heading or heading in headings_of(target))


def headings_of(page: Path) -> set[str]:
    """The anchors that a Markdown page gets from its headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
