"""Our words for what can go wrong: what happened, why, what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One error page."""

    status: int
    title: str
    reason: str
    advice: str
    retry_url: str = ""


CSRF_PROBLEM = Problem(
    status=400,
    title="This form is too old",
    reason="It was opened in another session, or before you logged in.",
    advice="Open the page again and repeat the last step.",
)
PROBLEMS = (
    Problem(
        status=400,
        title="This request can not be answered",
        reason="Something in it is missing or not as expected.",
        advice="Go back and try again.",
    ),
    Problem(
        status=401,
        title="Log in first",
        reason="This page is for people who are logged in.",
        advice="Log in and open it again.",
    ),
    Problem(
        status=403,
        title="You may not do this",
        reason="Your account does not have the right.",
        advice="Ask an owner of the organization or an administrator of this installation.",
    ),
    Problem(
        status=404,
        title="There is no such page",
        reason="It may have been removed, or it is not visible to your account.",
        advice="Check the address, or log in with another account.",
    ),
    Problem(
        status=405,
        title="This address does not work that way",
        reason="It exists, but not for this kind of request.",
        advice="Start again from the page that led here.",
    ),
    Problem(
        status=409,
        title="Somebody was faster",
        reason="What this page shows was changed while you were looking at it.",
        advice="Reload it and look again before you decide.",
    ),
    Problem(
        status=410,
        title="This link has been used",
        reason="It works only once and for a short time.",
        advice="Start again from the page that led here.",
    ),
    Problem(
        status=413,
        title="That is too much at once",
        reason="The data sent is larger than this page accepts.",
        advice="Send less, or a smaller file.",
    ),
    Problem(
        status=429,
        title="Too many attempts",
        reason="This was tried more often than is allowed in a short time.",
        advice="Wait a minute, then try again.",
    ),
    Problem(
        status=500,
        title="Something went wrong on the server",
        reason="This is a fault of the software, not of what you did.",
        advice="Try again; if it stays, tell an administrator the request number.",
    ),
    Problem(
        status=503,
        title="Not available at the moment",
        reason="The database of this installation does not answer.",
        advice="It is asked again with every request: wait a moment and try again.",
    ),
)
BY_STATUS = {problem.status: problem for problem in PROBLEMS}


def describe_problem(status: int) -> Problem:
    """Our words for a status; one without words of its own borrows those of 400 or 500."""
    return BY_STATUS.get(status) or BY_STATUS[500 if status >= 500 else 400]
