"""Release times are read generously and written in one form."""

import pytest

from composer.release_time import format_time, parse_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-02-03 04:05:06", "2020-02-03T04:05:06+00:00"),
        ("2020-02-03", "2020-02-03T00:00:00+00:00"),
        ("2020/02/03 04:05", "2020-02-03T04:05:00+00:00"),
        ("2020-02-03T04:05:06.789+02:00", "2020-02-03T04:05:06+02:00"),
        ("2020-02-03 04:05:06 UTC", "2020-02-03T04:05:06+00:00"),
        ("2020-02-03T04:05:06Z", "2020-02-03T04:05:06+00:00"),
        ("Mon, 03 Feb 2020 04:05:06 +0100", "2020-02-03T04:05:06+01:00"),
        ("1580702706", "2020-02-03T04:05:06+00:00"),
        ("@1580702706", "2020-02-03T04:05:06+00:00"),
    ],
)
def test_a_time_is_understood(text: str, expected: str) -> None:
    time = parse_time(text)

    assert time is not None
    assert format_time(time) == expected


@pytest.mark.parametrize(
    "text", ["soon", "", "2020-13-01", "999999999999", "2020-02-03 25:00", "2020-02-03" + " " * 1_000_000]
)
def test_a_time_that_is_none_is_recognized(text: str) -> None:
    assert parse_time(text) is None
