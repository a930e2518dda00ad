"""Setup Mode as a request meets it: without a setup session only the unlock page; closed for ever once active."""

import time
from dataclasses import dataclass

from flask import Flask, Response, abort, current_app, g, make_response, render_template, request

from accounts.setup_access import (
    TOUCH_EVERY,
    Exemptions,
    Visit,
    Way,
    admit,
    cookie_way,
    count_admitted,
    find_admitted,
    touch_admitted,
)
from accounts.setup_state import InstanceUnreadable, read_state
from models import InstanceState, SetupSession, utc_now
from web.hosts import HOST_IS_OURS, PROBES, socket_peer
from web.machines import is_machine_request
from web.runtime import EXTENSION as RUNTIME
from web.runtime import current_runtime

EXTENSION = "repertory_setup"
LOOK_AGAIN_SECONDS = 10.0
ALWAYS_ANSWERED = frozenset({"web.asset", "web.choose_theme", "accounts.unlock"})


@dataclass(slots=True)
class SetupSwitch:
    """What a process remembers: that Setup Mode has ended (never that it lasts), and who needs no code.

    After the end it still looks now and then (`looks_again_at`, in monotonic seconds) whether the state can be read.
    """

    exemptions: Exemptions
    is_active: bool = False
    looks_again_at: float = 0.0

    def note_end(self) -> None:
        """Setup Mode was seen to have ended: look again in a while."""
        self.is_active, self.looks_again_at = True, time.monotonic() + LOOK_AGAIN_SECONDS


@dataclass(frozen=True, slots=True)
class Admitted:
    """The setup session of this browser."""

    id: int
    way: Way


def init_setup_guard(app: Flask) -> None:
    """Put the guard before every view of the application, and let it set its cookie."""
    settings = app.extensions[RUNTIME].settings
    app.extensions[EXTENSION] = SetupSwitch(Exemptions(settings, started_at=utc_now()))
    app.before_request(guard_setup_mode)
    app.after_request(send_setup_cookie)


def is_setup_mode() -> bool:
    """Whether this instance is still in Setup Mode. Answers 503 when that can not be read: then it is in neither."""
    switch: SetupSwitch = current_app.extensions[EXTENSION]
    if switch.is_active:
        return False
    if "is_setup_mode" not in g:
        g.is_setup_mode = _read_state() is InstanceState.SETUP
        if not g.is_setup_mode:
            switch.note_end()
    return bool(g.is_setup_mode)


def note_setup_completed() -> None:
    """This request has ended Setup Mode, and has committed that."""
    switch: SetupSwitch = current_app.extensions[EXTENSION]
    switch.note_end()
    g.is_setup_mode = False
    g.setup_cookie = ""


def setup_session() -> Admitted | None:
    """The setup session of this browser; None outside Setup Mode and for browsers that were not let in."""
    admitted: Admitted | None = g.get("setup_session")
    return admitted if is_setup_mode() else None


def unlocked_browsers() -> int:
    """In how many browsers Setup Mode is unlocked."""
    with current_runtime().database.read() as session:
        return count_admitted(session, now=utc_now())


def let_in(way: Way) -> None:
    """Give this browser a setup session; its cookie leaves with the answer."""
    with current_runtime().database.write() as session:
        g.setup_cookie = admit(
            session, way, ip_address=socket_peer(), user_agent=request.user_agent.string, now=utc_now()
        )
        row = find_admitted(session, g.setup_cookie, now=utc_now())
        assert row is not None
        g.setup_session = Admitted(row.id, way)


def guard_setup_mode() -> Response | None:
    """Before each view: answer for it, unless Setup Mode has ended or this browser may use it."""
    if request.path in PROBES or request.endpoint == "web.asset":
        return None
    _look_again()
    if not is_setup_mode():
        return None
    if is_machine_request():
        abort(503, "This installation is not finished: an administrator has to complete Setup Mode in a browser.")
    _recognize()
    if "setup_session" in g or request.endpoint in ALWAYS_ANSWERED:
        return None
    return unlock_page(status=200 if request.path == "/setup" and request.method == "GET" else 403)


def unlock_page(*, status: int, problem: str = "") -> Response:
    """The only page of an installation that is not finished: how to get in."""
    return make_response(render_template("accounts/unlock.html", problem=problem), status)


def cookie_name() -> str:
    """The name of the cookie that holds the setup session."""
    return "__Host-rpt_setup" if current_runtime().settings.is_https else "rpt_setup"


def send_setup_cookie(response: Response) -> Response:
    """Bring a new setup cookie to the browser, or take it away when Setup Mode has ended."""
    value: str | None = g.get("setup_cookie")
    if value is None:
        return response
    secure = current_runtime().settings.is_https
    if value:
        response.set_cookie(cookie_name(), value, path="/", secure=secure, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(cookie_name(), path="/", secure=secure, httponly=True, samesite="Lax")
    return response


def current_visit() -> Visit:
    """What the socket and the headers say about this request."""
    return Visit(
        peer=socket_peer(),
        is_for_our_host=bool(request.environ[HOST_IS_OURS]),
        headers=frozenset(name for name, _ in request.headers),
    )


def _look_again() -> None:
    """After the end: answer 503 from when the state can not be read until it can. Whatever it is, nothing reopens."""
    switch: SetupSwitch = current_app.extensions[EXTENSION]
    if switch.is_active and time.monotonic() >= switch.looks_again_at:
        _read_state()
        switch.note_end()


def _read_state() -> InstanceState:
    try:
        with current_runtime().database.read() as session:
            return read_state(session)
    except InstanceUnreadable:
        abort(503, "The state of this instance can not be read.")


def _recognize() -> None:
    """Find the browser's setup session, or start one where no code is asked."""
    switch: SetupSwitch = current_app.extensions[EXTENSION]
    cookie = request.cookies.get(cookie_name(), "")
    with current_runtime().database.read() as session:
        row = find_admitted(session, cookie, now=utc_now())
    way = cookie_way(cookie)
    if row is not None and way is not None and switch.exemptions.still_holds(way, current_visit(), now=utc_now()):
        _touch(row)
        g.setup_session = Admitted(row.id, way)
        return
    free_way = switch.exemptions.way_in(current_visit(), now=utc_now())
    if free_way is not None:
        let_in(free_way)


def _touch(row: SetupSession) -> None:
    now = utc_now()
    if now - row.last_seen_at >= TOUCH_EVERY:
        with current_runtime().database.write() as session:
            touch_admitted(session, row.id, now=now)
