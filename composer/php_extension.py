"""Check the `php-ext` section of packages that are PHP extensions. Pure: no I/O."""

from collections.abc import Iterator, Mapping

from composer.php_json import Json, items
from composer.problems import ARRAY, Problem, check_texts, check_type, entries, error

_TYPES = ("php-ext", "php-ext-zend")
_SYSTEMS = ("windows", "bsd", "darwin", "solaris", "linux", "unknown")
_DOWNLOADS = ("composer-default", "pre-packaged-source", "pre-packaged-binary")
_SYSTEM_LISTS = ("os-families", "os-families-exclude")


def check_php_extension(document: Mapping[str, Json]) -> Iterator[Problem]:
    """Yield what is wrong with `php-ext`; nothing when the package has none."""
    if not entries(document, "php-ext"):
        return
    extension = dict(entries(document, "php-ext"))
    if document.get("type") not in _TYPES:
        yield error("php-ext", f"is only for packages of type {' or '.join(_TYPES)}")
    yield from check_texts(extension, ("extension-name", "build-path"), path="php-ext.")
    yield from check_type(extension, "priority", int, path="php-ext.priority")
    for field in ("support-zts", "support-nts"):
        yield from check_type(extension, field, bool, path=f"php-ext.{field}")
    yield from _check_downloads(extension)
    yield from _check_systems(extension)
    yield from _check_options(extension)


def _check_downloads(extension: Mapping[str, Json]) -> Iterator[Problem]:
    field = "php-ext.download-url-method"
    methods = extension.get("download-url-method")
    if isinstance(methods, str):
        yield from _check_choice(field, methods, _DOWNLOADS)
    else:
        yield from _check_choices(field, methods, _DOWNLOADS)


def _check_systems(extension: Mapping[str, Json]) -> Iterator[Problem]:
    if all(extension.get(field) is not None for field in _SYSTEM_LISTS):
        yield error("php-ext", "cannot have both os-families and os-families-exclude")
    for field in _SYSTEM_LISTS:
        yield from _check_choices(f"php-ext.{field}", extension.get(field), _SYSTEMS)


def _check_options(extension: Mapping[str, Json]) -> Iterator[Problem]:
    field = "php-ext.configure-options"
    yield from check_type(extension, "configure-options", ARRAY, path=field)
    for key, option in entries(extension, "configure-options"):
        option_items = items(option)
        if option_items is None:
            yield error(f"{field}.{key}", "should be an object")
            continue
        members = dict(option_items)
        if members.get("name") is None:
            yield error(f"{field}.{key}.name", "is missing")
        yield from check_texts(members, ("name", "description"), path=f"{field}.{key}.")
        yield from check_type(members, "needs-value", bool, path=f"{field}.{key}.needs-value")


def _check_choices(field: str, value: Json, choices: tuple[str, ...]) -> Iterator[Problem]:
    if value is None:
        return
    members = items(value)
    if members is None:
        yield error(field, "should be a list")
    elif not members:
        yield error(field, "should not be empty")
    for key, choice in members or []:
        yield from _check_choice(f"{field}.{key}", choice, choices)


def _check_choice(field: str, value: Json, choices: tuple[str, ...]) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield error(field, "should be a text")
    elif value not in choices:
        yield error(field, f'cannot be "{value}", only {", ".join(choices)}')
