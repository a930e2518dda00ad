"""What Composer refuses is an error, what it only grumbles about a warning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.php_json import Json, decode, encode
from composer.problems import Problem, Severity, error, printable, warning
from composer.validation import check_published_name, validate
from tests.unit.composer.vectors import load

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "name",
    "version",
    "type",
    "target-dir",
    "extra",
    "bin",
    "scripts",
    "description",
    "homepage",
    "keywords",
    "time",
    "license",
    "authors",
    "support",
    "funding",
    "require",
    "require-dev",
    "conflict",
    "replace",
    "provide",
    "suggest",
    "minimum-stability",
    "autoload",
    "autoload-dev",
    "source",
    "dist",
    "include-path",
    "transport-options",
    "php-ext",
    "config",
    "archive",
    "abandoned",
)


def fields(problems: list[Problem], severity: Severity) -> list[str]:
    return sorted(problem.field for problem in problems if problem.severity is severity)


@pytest.mark.parametrize(("document", "errors", "warnings"), load("problems"))
def test_a_composer_json_has_the_problems_that_composer_finds(
    document: dict[str, Json], errors: list[str], warnings: list[str]
) -> None:
    problems = validate(document)

    assert fields(problems, Severity.ERROR) == errors
    assert not warnings or fields(problems, Severity.WARNING) == warnings


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"name": 1}, "name"),
        ({"version": ["1.0"]}, "version"),
        ({"version": "nonsense"}, "version"),
        ({"config": {"platform": {"php": "eight"}}}, "config.platform.php"),
        ({"config": {"platform": {"php": 8}}}, "config.platform.php"),
        ({"bin": ["bin/a", "x\\..\\b"]}, "bin.1"),
        ({"bin": [None]}, "bin.0"),
        ({"keywords": [True]}, "keywords.0"),
        ({"keywords": "a"}, "keywords"),
        ({"minimum-stability": "shaky"}, "minimum-stability"),
        ({"minimum-stability": "rc"}, "minimum-stability"),
        ({"authors": ["Ann"]}, "authors.0"),
        ({"authors": [{"name": 1}]}, "authors.0.name"),
        ({"support": {"irc": 1}}, "support.irc"),
        ({"funding": ["x"]}, "funding.0"),
        ({"funding": [{"url": 1}]}, "funding.0.url"),
        ({"require": "php"}, "require"),
        ({"require": {"acme/b": 1}}, "require.acme/b"),
        ({"require-dev": {"acme/b": "^^1"}}, "require-dev.acme/b"),
        ({"conflict": {"acme/b": "*"}, "replace": {"acme/b": "*"}}, "conflict.acme/b"),
        ({"suggest": {"acme/b": 1}}, "suggest.acme/b"),
        ({"autoload": {"psr-4": {"Acme": "src"}}}, "autoload.psr-4"),
        ({"autoload": {"psr-4": "src"}}, "autoload.psr-4"),
        ({"autoload": {"psr-4": {"": "src"}}, "target-dir": "x"}, "target-dir"),
        ({"autoload-dev": "tests"}, "autoload-dev"),
        ({"source": {"type": "git", "url": "x"}}, "source.reference"),
        ({"dist": {"type": "zip"}}, "dist.url"),
        ({"dist": {"type": "zip", "url": 1}}, "dist.url"),
        ({"dist": {"type": "zip", "url": "x", "reference": []}}, "dist.reference"),
        ({"extra": {"branch-alias": "1.x-dev"}}, "extra.branch-alias"),
        ({"php-ext": {"priority": 1}}, "php-ext"),
        ({"type": "php-ext", "php-ext": {"priority": True}}, "php-ext.priority"),
        ({"type": "php-ext", "php-ext": {"download-url-method": "post"}}, "php-ext.download-url-method"),
        ({"type": "php-ext", "php-ext": {"configure-options": ["x"]}}, "php-ext.configure-options.0"),
        ({"type": "php-ext", "php-ext": {"configure-options": [{"x": 1}]}}, "php-ext.configure-options.0.name"),
        ({"type": "php-ext", "php-ext": {"os-families": 1}}, "php-ext.os-families"),
    ],
)
def test_what_breaks_clients_is_an_error(members: dict[str, Json], field: str) -> None:
    problems = validate({"name": "acme/a", **members})

    assert fields(problems, Severity.ERROR) == [field]


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"type": "my type"}, "type"),
        ({"homepage": "javascript:alert(1)"}, "homepage"),
        ({"homepage": "http://"}, "homepage"),
        ({"keywords": ["<b>"]}, "keywords.0"),
        ({"time": "soon"}, "time"),
        ({"license": [{"a": 1}]}, "license"),
        ({"license": "XXX"}, "license"),
        ({"authors": [{"email": "nobody"}]}, "authors.0.email"),
        ({"authors": [{"homepage": "ftp://example.org"}]}, "authors.0.homepage"),
        ({"support": {"email": "nobody"}}, "support.email"),
        ({"support": {"irc": "http://example.org"}}, "support.irc"),
        ({"funding": [{"url": "ftp://example.org"}]}, "funding.0.url"),
        ({"require": {"acme/b": ">=1.0"}}, "require.acme/b"),
        ({"require": {"acme/b": "1.2.3"}}, "require.acme/b"),
        ({"require": {"acme//b": "^1.2.3"}}, "require.acme//b"),
        ({"require": {"a b": "^1"}}, "require.a b"),
        ({"conflict": {"acme/b": ">2, <1"}}, "conflict.acme/b"),
        ({"extra": {"branch-alias": {"dev-main": 1}}}, "extra.branch-alias.dev-main"),
        ({"extra": {"branch-alias": {"dev-main": "1.x"}}}, "extra.branch-alias.dev-main"),
        ({"extra": {"branch-alias": {"dev-main": "next-dev"}}}, "extra.branch-alias.dev-main"),
        ({"extra": {"branch-alias": {"1.x-dev": "2.0.x-dev"}}}, "extra.branch-alias.1.x-dev"),
    ],
)
def test_what_is_only_untidy_is_a_warning(members: dict[str, Json], field: str) -> None:
    problems = validate({"name": "acme/a", **members})

    assert fields(problems, Severity.WARNING) == [field]
    assert fields(problems, Severity.ERROR) == []


@pytest.mark.parametrize(
    "members",
    [
        {"version": 1.5},
        {"config": {"platform": {"php": "8.1", "ext-x": False}}},
        {"bin": "bin/a..b"},
        {"minimum-stability": "RC"},
        {"minimum-stability": "Beta"},
        {"license": "proprietary"},
        {"require": {"php": ">=8.1", "acme/b": "dev-main", "acme/c": "^1"}},
        {"require": {"acme/b": "0.3.0"}},
        {"require-dev": {"acme/b": "*"}},
        {"extra": {"branch-alias": {"dev-main": "9999999-dev"}}},
        {"authors": {}},
        {"source": []},
        {"type": "php-ext", "php-ext": {"download-url-method": "composer-default", "build-path": None}},
    ],
)
def test_what_is_in_order_is_not_mentioned(members: dict[str, Json]) -> None:
    assert validate({"name": "acme/a", **members}) == []


@pytest.mark.parametrize("name", ["php", "ext-json", "composer-plugin-api", "ext-" + "x" * 300])
def test_a_package_cannot_be_called_like_a_part_of_the_platform(name: str) -> None:
    assert all(problem.field == "name" for problem in check_published_name(name))
    assert list(check_published_name(name))


def test_a_package_name_has_an_end() -> None:
    assert list(check_published_name("acme/" + "x" * 250)) == []
    assert len(list(check_published_name("acme/" + "x" * 251))) == 1


@given(st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=6))
def test_any_json_at_all_can_be_judged(document: dict[str, Json]) -> None:
    for problem in validate(document):
        assert problem.message.isprintable()
        assert len(str(problem)) < 1000


def test_a_problem_is_shown_with_its_field_and_without_control_characters() -> None:
    assert str(error("name", "a\nb")) == "name: a\N{REPLACEMENT CHARACTER}b"
    assert str(warning("time", "late")) == "time: late"


def test_long_quotations_are_cut() -> None:
    assert len(printable("x" * 5000)) < 500
    assert printable("short") == "short"


def test_validation_leaves_the_document_alone() -> None:
    document: dict[str, Json] = {"name": "acme/a", "license": ["XXX"], "homepage": "ftp://x"}
    before = encode(document)

    validate(document)

    assert decode(before) == document
