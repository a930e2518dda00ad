"""Logging in through a code host: the round trip, and everything that must not work."""

from tests.functional.accounts.journey import Person


def test_somebody_with_an_account_at_the_host_logs_in_and_out(ann: Person) -> None:
    assert ann.who() == "nobody"

    answer = ann.log_in(next_path="/private")

    assert answer.status_code == 302 or answer.status_code == 303
    assert answer.headers["Location"] == "/private"
    assert ann.who() == "ann"
    assert ann.get("/private").get_data(as_text=True) == "private"

    ann.post("/logout")

    assert ann.who() == "nobody"
