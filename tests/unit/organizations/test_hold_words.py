"""Why removals wait, in words."""

import pytest

from models import Hold, Integration, Synchronization
from organizations.hold_words import describe_loss, explain_hold, summarize_losses, summarize_removals
from organizations.lost_access import Loss


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            "42 of 50 memberships would go",
            "GitLab answered without 42 of 50 memberships. That is more than 30 %, so nothing was removed.",
        ),
        (
            "12 of 60 packages would go",
            "GitLab answered without 12 of 60 packages. That is more than 10 %, so nothing was removed.",
        ),
        (
            "12 of 600 permissions would go",  # the brakes were released meanwhile
            "GitLab answered without 12 of 600 permissions. That was more than one run might remove.",
        ),
        (
            "acme has no members any more",
            "GitLab answered that acme has no members any more. "
            "A list that is empty all of a sudden is not believed without asking you.",
        ),
    ],
)
def test_each_reason_becomes_a_sentence(reason: str, words: str) -> None:
    synchronization = Synchronization(
        integration=Integration(name="GitLab"), access_brake_percent=30, package_brake_percent=10
    )

    assert explain_hold(Hold(reason=reason), synchronization) == [words]
    assert len(explain_hold(Hold(reason=f"{reason}; {reason}"), synchronization)) == 2


def test_removals_are_counted_by_kind_in_the_order_of_a_report() -> None:
    removals = [{"kind": kind} for kind in ("grant", "membership", "membership", "team")]

    assert summarize_removals(removals) == "−1 team, −2 memberships, −1 permission"


def test_losses_are_summed_up_by_how_much_is_left() -> None:
    ann, bob = Loss("ann", "Ann", lost=2, left=0), Loss("bob", "Bob", lost=1, left=3)

    assert summarize_losses([ann]) == "1 person would read no package any more"
    assert summarize_losses([ann, bob]) == "2 people would read fewer packages, 1 of them none any more"
    assert summarize_losses([bob]) == "1 person would read fewer packages"
    assert [describe_loss(loss).text for loss in (ann, bob, Loss("eve", "Eve", lost=1, left=0))] == [
        "would lose all 2 packages",
        "would lose 1 of 4 packages",
        "would lose the only package",
    ]
