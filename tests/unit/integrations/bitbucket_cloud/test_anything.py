"""Whatever JSON comes, it is understood or it is an unexpected response: nothing else goes wrong."""

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.answers import Answer
from integrations.bitbucket_cloud.convert import (
    convert_account,
    convert_grant,
    convert_hook,
    convert_member,
    convert_organization,
    convert_repository,
    read_group_members,
)
from integrations.bitbucket_cloud.errors import answer_check
from integrations.bitbucket_cloud.hooks import BitbucketCloudHookParser
from integrations.errors import CodeHostError, UnexpectedResponse
from integrations.fields import Json, JsonObject
from tests.unit.integrations.bitbucket_cloud.rows import (
    BASE,
    HOOK_ROW,
    REPOSITORY_ROW,
    USER,
    WORKSPACE_ROW,
)
from tests.unit.integrations.clients import NOW

MEMBER: JsonObject = {"permission": "read", "user": USER, "repository": REPOSITORY_ROW}
GROUP: JsonObject = {"slug": "qa", "members": [USER]}
PUSH: JsonObject = {
    "repository": REPOSITORY_ROW,
    "push": {"changes": [{"old": None, "new": {"type": "branch", "name": "main"}}]},
}
ANY_JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _with_base(convert: Callable[..., object]) -> Callable[[JsonObject], object]:
    return lambda row: convert(row, base_url=BASE)


CONVERSIONS: list[tuple[Callable[[JsonObject], object], JsonObject]] = [
    (_with_base(convert_account), USER),
    (_with_base(convert_member), MEMBER),
    (_with_base(convert_grant), MEMBER),
    (_with_base(convert_organization), WORKSPACE_ROW),
    (_with_base(convert_repository), REPOSITORY_ROW),
    (convert_hook, HOOK_ROW),
    (read_group_members, GROUP),
]


def spoilt(value: Json, path: list[int], replacement: Json) -> Json:
    """The value with something else at a place inside; `path` chooses the way there."""
    if not path or not isinstance(value, dict | list) or not value:
        return replacement
    if isinstance(value, dict):
        name = sorted(value)[path[0] % len(value)]
        return {**value, name: spoilt(value[name], path[1:], replacement)}
    index = path[0] % len(value)
    return [*value[:index], spoilt(value[index], path[1:], replacement), *value[index + 1 :]]


@pytest.mark.parametrize(("convert", "row"), CONVERSIONS)
@given(path=st.lists(st.integers(0, 20), min_size=1, max_size=5), replacement=ANY_JSON)
def test_a_spoilt_row_is_read_or_refused(
    convert: Callable[[JsonObject], object], row: JsonObject, path: list[int], replacement: Json
) -> None:
    changed = spoilt(row, path, replacement)
    assert isinstance(changed, dict)

    with suppress(UnexpectedResponse):
        convert(changed)


@given(
    event=st.sampled_from(["repo:push", "repo:created", "repo:updated", "other"]),
    path=st.lists(st.integers(0, 20), max_size=6),
    replacement=ANY_JSON,
)
def test_a_spoilt_delivery_is_read_or_refused(event: str, path: list[int], replacement: Json) -> None:
    body = json.dumps(spoilt(PUSH, path, replacement)).encode()

    with suppress(UnexpectedResponse):
        assert BitbucketCloudHookParser().parse({"x-event-key": event}, body).events


@given(status=st.sampled_from([400, 401, 403, 404, 405, 409, 410, 429, 500, 555]), body=ANY_JSON)
def test_any_error_answer_can_be_judged(status: int, body: Json) -> None:
    answer = Answer("GET /", status, {"content-type": "application/json"}, json.dumps({"error": body}).encode())

    with suppress(CodeHostError):
        answer_check(lambda: NOW, lambda low, _high: low)(answer)
