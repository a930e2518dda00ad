"""Browser pages where OAuth consumers of a workspace are made and their Key and Secret are shown."""

import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from markupsafe import Markup
from werkzeug import Response

from tests.fakes.parts.browser import alert, button, checkbox, code, paragraph, text_field

from .browser import Visit
from .model import Consumer, Workspace
from .scopes import OAUTH, with_implied
from .server_core import Core
from .sign_in import ask_to_sign_in

ENDING = "/workspace/settings/oauth-consumers"


def is_consumer_path(path: str) -> bool:
    return path.rstrip("/").removesuffix("/new").endswith(ENDING)


def consumers(visit: Visit, path: str) -> Response:
    """The list, the form of a new one (GET), or a new one (POST). For owners of the workspace."""
    if visit.account is None:
        return ask_to_sign_in(visit)
    path = path.rstrip("/")
    home = visit.core.state.workspace_by(path.removesuffix("/new").removesuffix(ENDING).strip("/"))
    if home is None:
        return visit.page("Page not found", status=404)
    if visit.core.state.role_in(home.uuid, visit.account.uuid) != "owner":
        return visit.page("Access denied", paragraph("Only administrators of the workspace get here."), status=403)
    if visit.request.method == "POST":
        return _create(visit, home)
    return _form(visit, home) if path.endswith("/new") else _list(visit, home)


def _create(visit: Visit, home: Workspace) -> Response:
    if not visit.is_genuine:
        return visit.page("The form is too old", paragraph("Go back and try again."), status=403)
    form = visit.request.form
    name, callback = form.get("name", "").strip(), form.get("callback_url", "").strip()
    chosen = [each for each in form.getlist("permissions") if each in OAUTH]
    problem = _problem(name, callback, chosen)
    if problem:
        return _form(visit, home, problem)
    is_private = form.get("is_private") == "1"
    create_consumer(visit.core, home, name=name, callback_url=callback, scopes=chosen, is_private=is_private)
    return visit.go(f"{visit.core.base_url}/{home.slug}{ENDING}")


def _problem(name: str, callback: str, chosen: list[str]) -> str:
    if not name:
        return "Name: this field is required."
    if not urlsplit(callback).hostname:
        return "Callback URL: enter a valid URL."
    return "" if chosen else "Select at least one permission."


def _form(visit: Visit, home: Workspace, problem: str = "") -> Response:
    boxes = [checkbox("permissions", key, label) for key, label in OAUTH.items()]
    fields = [
        text_field("name", "Name"),
        text_field("callback_url", "Callback URL"),
        checkbox("is_private", "1", "This is a private consumer"),
        *boxes,
        button("Save"),
    ]
    parts = [alert(problem)] if problem else []
    form = visit.form(f"/{home.slug}{ENDING}/new", fields)
    return visit.page("Add OAuth consumer", *parts, form, status=400 if problem else 200)


def _list(visit: Visit, home: Workspace) -> Response:
    """Each consumer opens by a click on its name."""
    rows = [each for each in visit.core.state.consumers.values() if each.workspace == home.uuid]
    new = Markup("<p><a href='{}/{}{}/new'>Add consumer</a></p>").format(visit.core.prefix, home.slug, ENDING)
    return visit.page(
        f"OAuth consumers of {home.name}", new, *(_shown(number, each) for number, each in enumerate(rows))
    )


def _shown(number: int, each: Consumer) -> Markup:
    facts = Markup("").join(
        [
            code(f"key-{number}", "Key", each.key),
            code(f"secret-{number}", "Secret", each.secret),
            code(f"callback-{number}", "Callback URL", each.callback_url),
            paragraph(", ".join(OAUTH[key] for key in each.scopes)),
        ]
    )
    return Markup("<details><summary>{}</summary>{}</details>").format(each.name, facts)


def create_consumer(
    core: Core,
    home: Workspace,
    *,
    name: str,
    callback_url: str,
    scopes: Iterable[str],
    is_private: bool = False,
    key: str | None = None,
    secret: str | None = None,
) -> Consumer:
    """What a ticked permission implies is ticked as well. Raises KeyError for an unknown permission."""
    ticked = with_implied(tuple(scopes))
    unknown = ticked - OAUTH.keys()
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    fresh = Consumer(
        key=key or secrets.token_urlsafe(14)[:18],
        secret=secret or secrets.token_urlsafe(24)[:32],
        workspace=home.uuid,
        name=name,
        callback_url=callback_url,
        scopes=tuple(each for each in OAUTH if each in ticked),
        is_private=is_private,
    )
    core.state.consumers[fresh.key] = fresh
    return fresh
