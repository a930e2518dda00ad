"""The five steps of the setup: which are done, which one a page belongs to, and which comes next."""

import re
from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from integrations.service import list_integrations
from models import Organization, SyncRun
from web.components import Step, StepState


class SetupStep(IntEnum):
    """The steps in their order."""

    CHECK = 1
    INTEGRATION = 2
    TRY = 3
    CLAIM = 4
    ORGANIZATION = 5


LABELS = {
    SetupStep.CHECK: "System check",
    SetupStep.INTEGRATION: "Add integration",
    SetupStep.TRY: "Try the login",
    SetupStep.CLAIM: "Become administrator",
    SetupStep.ORGANIZATION: "First organization",
}
SENTENCES = {
    SetupStep.CHECK: "See that the database, the workers and the addresses are as they should be.",
    SetupStep.INTEGRATION: "Connect the first code host with an OAuth application that you make there.",
    SetupStep.TRY: "Go there and back once. Nothing of it is stored.",
    SetupStep.CLAIM: "Log in with your own account. That ends Setup Mode.",
    SetupStep.ORGANIZATION: "Choose what to follow at the code host, and watch its people and packages arrive.",
}
_PAGES = (
    (re.compile(r"/setup/check"), SetupStep.CHECK),
    (re.compile(r"/admin/integrations/.*"), SetupStep.INTEGRATION),
    (re.compile(r"/setup/try(/.*)?"), SetupStep.TRY),
    (re.compile(r"/setup/claim"), SetupStep.CLAIM),
    (re.compile(r"/orgs/new(/.*)?"), SetupStep.ORGANIZATION),
    (re.compile(r"/orgs/[^/]+/synchronizations/\d+/runs/1"), SetupStep.ORGANIZATION),
)
OVERVIEW = "/setup"


@dataclass(frozen=True, slots=True)
class SetupProgress:
    """What is done, and the first thing that is not."""

    done: frozenset[SetupStep]
    slug: str = ""  # of the integration to go on with

    @property
    def next_step(self) -> SetupStep:
        """The first step that is not done."""
        return next((step for step in SetupStep if step not in self.done), SetupStep.ORGANIZATION)

    def url(self, step: SetupStep) -> str:
        """Where a step is done; empty while it can not be, and for those that Setup Mode took with it."""
        if SetupStep.CLAIM in self.done:
            return "/orgs/new" if step is SetupStep.ORGANIZATION else ""
        has_integration = SetupStep.INTEGRATION in self.done
        urls = {
            SetupStep.CHECK: "/setup/check",
            SetupStep.INTEGRATION: "/setup/integrations" if has_integration else "/admin/integrations/new",
            SetupStep.TRY: f"/setup/try/{self.slug}" if has_integration else "",
            SetupStep.CLAIM: "/setup/claim" if has_integration else "",
        }
        return urls.get(step, "")


def find_progress(session: Session, *, is_checked: bool, is_claimed: bool) -> SetupProgress:
    """Where the setup stands. `is_checked`: this browser has seen the system check without a failure."""
    integrations = list_integrations(session)
    done = {SetupStep.CHECK} if is_checked or is_claimed else set()
    if integrations:
        done.add(SetupStep.INTEGRATION)
    if is_claimed or any(integration.tried_at for integration in integrations):
        done.add(SetupStep.TRY)
    if is_claimed:
        done.add(SetupStep.CLAIM)
    newest = max(integrations, key=lambda integration: integration.id, default=None)
    return SetupProgress(frozenset(done), newest.slug if newest else "")


def is_first_organization_due(session: Session) -> bool:
    """Whether step 5 is still going on: no organization, or one whose first run is the only one."""
    organizations = session.scalar(select(func.count()).select_from(Organization)) or 0
    runs = session.scalar(select(func.count()).select_from(SyncRun)) or 0
    return organizations == 0 or (organizations == 1 and runs <= 1)


def step_of_page(path: str) -> SetupStep | None:
    """The step that a page belongs to; None for one outside the wizard."""
    return next((step for pattern, step in _PAGES if pattern.fullmatch(path)), None)


def draw_steps(progress: SetupProgress, current: SetupStep | None) -> list[Step]:
    """For the progress bar."""
    return [
        Step(LABELS[step], _state(progress, step, current), url="" if step is current else progress.url(step))
        for step in SetupStep
    ]


def _state(progress: SetupProgress, step: SetupStep, current: SetupStep | None) -> StepState:
    if step is current:
        return StepState.CURRENT
    return StepState.DONE if step in progress.done else StepState.TODO
