"""Check what a package requires, replaces, provides, suggests and conflicts with. Pure: no I/O."""

from collections.abc import Iterator, Mapping

from composer.constraints import Comparison, Constraint, InvalidConstraint, Operator, is_satisfiable, parse_constraint
from composer.names import is_platform_name, name_problem
from composer.php_json import Json
from composer.problems import ARRAY, Problem, check_type, entries, error, text, warning
from composer.versions import compare

LINK_TYPES = ("require", "conflict", "provide", "replace", "require-dev")

_FAR_FUTURE = "10000000-dev"
_FIRST_MAJOR = "1.0.0.0-dev"


def check_links(document: Mapping[str, Json]) -> Iterator[Problem]:
    """Yield what is wrong with the links of all types and with the suggestions."""
    own_name = (text(document, "name") or "").lower()
    for link_type in LINK_TYPES:
        yield from check_type(document, link_type, ARRAY)
        for target, constraint in entries(document, link_type):
            if target.lower() == own_name:
                yield error(f"{link_type}.{target}", "is the package itself")
            else:
                yield from _check_link(link_type, target, constraint)
    replaced = dict(entries(document, "replace"))
    for target, _ in entries(document, "conflict"):
        if target in replaced:
            yield error(f"conflict.{target}", "is replaced as well, which already implies the conflict")
    yield from check_type(document, "suggest", ARRAY)
    for target, reason in entries(document, "suggest"):
        if not isinstance(reason, str):
            yield error(f"suggest.{target}", "should be a text with the reason")


def _check_link(link_type: str, target: str, constraint: Json) -> Iterator[Problem]:
    field = f"{link_type}.{target}"
    if problem := name_problem(target):
        yield warning(field, problem.message)
    if not isinstance(constraint, str):
        yield error(field, "should be a text with a version constraint")
    elif constraint != "self.version":
        yield from _check_constraint(field, constraint, link_type=link_type, target=target)


def _check_constraint(field: str, constraint: str, *, link_type: str, target: str) -> Iterator[Problem]:
    try:
        parsed = parse_constraint(constraint)
    except InvalidConstraint as problem:
        yield error(field, str(problem))
        return
    if not is_satisfiable(parsed):
        yield warning(field, f'no version can satisfy "{constraint}"')
    if link_type != "require":
        return
    if parsed.allows(_FAR_FUTURE) and not is_platform_name(target):
        yield warning(field, f'"{constraint}" has no upper bound')
    if _is_exact(parsed):
        yield warning(field, f'"{constraint}" allows one version only')


def _is_exact(constraint: Constraint) -> bool:
    match constraint:
        case Comparison(Operator.EQUAL, version):
            return not version.startswith("dev-") and compare(version, _FIRST_MAJOR) >= 0
    return False
