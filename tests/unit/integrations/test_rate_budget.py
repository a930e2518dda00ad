"""What is left of a host's rate limit is remembered, and a part of it is left to others."""

from datetime import timedelta

import pytest

from integrations.errors import RateLimited
from integrations.request_count import RateBudget, RequestCount
from tests.unit.integrations.clients import NOW, loopback_client
from tests.unit.integrations.scripted_server import answer, scripted_server

IN_A_MINUTE = NOW + timedelta(seconds=60)


def limited(remaining: int, *, limit: int = 100, reset: float | None = None) -> bytes:
    moment = IN_A_MINUTE.timestamp() if reset is None else reset
    return answer(
        headers=[f"RateLimit-Limit: {limit}", f"RateLimit-Remaining: {remaining}", f"RateLimit-Reset: {moment:.0f}"]
    )


def test_the_last_answer_says_what_is_left() -> None:
    count = RequestCount()
    with scripted_server(limited(40), limited(39)) as server, loopback_client(server.port, count=count) as client:
        client.get_json("/x")
        client.post_json("/x", {})

        assert count.budget == RateBudget(100, 39, IN_A_MINUTE)


def test_work_in_the_background_ends_before_the_limit_and_says_when_it_can_go_on() -> None:
    with scripted_server(limited(31), limited(30)) as server, loopback_client(server.port, reserve=0.3) as client:
        client.get_json("/x")
        client.get_json("/x")
        with pytest.raises(RateLimited, match="30 of 100") as caught:
            client.get_json("/x")

        assert caught.value.retry_at == IN_A_MINUTE
        assert len(server.requests) == 2


def test_work_that_somebody_waits_for_uses_all_that_is_left() -> None:
    with scripted_server(limited(1)) as server, loopback_client(server.port) as client:
        client.get_json("/x")
        client.get_json("/x")

        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "unlimited",
    [limited(0, limit=5), limited(0, reset=NOW.timestamp() - 1), answer(), answer(headers=["RateLimit-Limit: 100"])],
    ids=["a limit too small to share", "a limit that is over", "no limit", "half a limit"],
)
def test_nothing_is_spared_without_a_limit_that_counts(unlimited: bytes) -> None:
    with scripted_server(unlimited) as server, loopback_client(server.port, reserve=0.3) as client:
        client.get_json("/x")
        client.get_json("/x")

        assert len(server.requests) == 2
