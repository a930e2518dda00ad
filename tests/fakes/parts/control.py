"""JSON endpoints below `/_fake/` by which another process (a browser test, the demo) moves the fake's world."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from werkzeug import Request, Response

from .clock import iso
from .deliveries import DeliveryRecord
from .routing import Json, json_response

if TYPE_CHECKING:
    from .running import RunningFake

FakeT = TypeVar("FakeT", bound="RunningFake[Any]")
SECRET_HEADERS = frozenset({"X-Gitlab-Token"})


class Control(Generic[FakeT]):
    """GET endpoints look, POST endpoints take a JSON object and act. Unknown names answer 404, mistakes 400."""

    def __init__(
        self,
        fake: FakeT,
        gets: Mapping[str, Callable[[FakeT, Json], object]],
        posts: Mapping[str, Callable[[FakeT, Json], object]],
    ) -> None:
        self.fake = fake
        self.gets = {**GETS, **gets}
        self.posts = {**POSTS, **posts}

    def respond(self, request: Request, path: str) -> Response:
        name = path.removeprefix("/_fake/").strip("/")
        action = (self.posts if request.method == "POST" else self.gets).get(name)
        if action is None:
            endpoints = sorted(self.gets) + sorted(self.posts)
            return json_response({"error": "no such endpoint", "endpoints": endpoints}, 404)
        try:
            body = json.loads(request.get_data() or b"{}")
            return json_response(action(self.fake, body))
        except (KeyError, ValueError, TypeError) as error:
            return json_response({"error": f"{type(error).__name__}: {error}"}, 400)


Action = Callable[[Any, Json], object]


def text_or_none(body: Json, name: str) -> str | None:
    """An optional text."""
    value = body.get(name)
    return None if value is None else str(value)


def _deliveries(fake: "RunningFake[Any]", body: Json) -> object:
    return [_delivery(each) for each in fake.deliveries]


def _delivery(record: DeliveryRecord) -> Json:
    headers = {key: value for key, value in record.headers.items() if key not in SECRET_HEADERS}
    return {
        "id": record.id,
        "hook_id": record.hook_id,
        "url": record.url,
        "event": record.event,
        "at": iso(record.at),
        "status": record.status,
        "error": record.error,
        "headers": headers,
        "payload": record.payload,
    }


def _requests(fake: "RunningFake[Any]", body: Json) -> object:
    return [
        {"method": each.method, "path": each.path, "query": each.query, "status": each.status} for each in fake.requests
    ]


def _misbehave(fake: "RunningFake[Any]", body: Json) -> object:
    times = body.get("times")
    fake.misbehave(
        str(body["path_regex"]),
        str(body["kind"]),
        after=int(str(body.get("after", 0))),
        times=None if times is None else int(str(times)),
        seconds=float(str(body.get("seconds", 1.0))),
    )
    return {}


def _behave(fake: "RunningFake[Any]", body: Json) -> object:
    fake.behave()
    return {}


def _advance(fake: "RunningFake[Any]", body: Json) -> object:
    fake.clock.advance(seconds=float(str(body["seconds"])))
    return {"now": iso(fake.clock.now())}


def _redeliver(fake: "RunningFake[Any]", body: Json) -> object:
    wanted = int(str(body["id"]))
    record = next(each for each in fake.deliveries if each.id == wanted)
    return _delivery(fake.redeliver(record))


GETS: dict[str, Action] = {"deliveries": _deliveries, "requests": _requests}
POSTS: dict[str, Action] = {
    "misbehave": _misbehave,
    "behave": _behave,
    "advance": _advance,
    "redeliver": _redeliver,
}
