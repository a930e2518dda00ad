"""The `repertory` command: start the processes of an instance, and repair it from its host."""

import getpass
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, TypeVar

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from accounts.administrators import UnknownAccount, grant_administrator, list_administrators, make_login_link
from accounts.setup_state import InstanceUnreadable, mint_setup_link, setup_link_at_start
from composer.access import list_readers
from config import Settings, SettingsError
from integrations.service import read_trust_store
from integrations.vcs.git_command import read_git_version
from jobs import QUEUES, hang_bell
from jobs.checks import Check, CheckState, check_system
from models import Organization, RunResult, Runtime, Synchronization, SyncRun, open_runtime, utc_now
from models.start import InstanceProblem, NotUpgraded, prepare_instance, refuse_foreign_data
from models.upgrade import newest_revision, upgrade_database
from organizations.access_answers import answer_question, as_documents, as_lines
from organizations.access_loading import Question
from organizations.run_lines import change_lines, report_lines
from sync.checks import check_synchronizations
from sync.jobs import request_run_now
from sync.preview_jobs import request_preview
from sync.run_report import APPLIED, RunReport, as_document, read_report
from web.logging import configure_logging
from worker import run_ticker, run_workers

log = logging.getLogger(__name__)

T = TypeVar("T")

WAIT_SECONDS = 60.0
RETRY_SECONDS = 2.0
GUNICORN_SETTINGS = Path(__file__).parent / "scripts" / "gunicorn.conf.py"
SYMBOLS = {CheckState.OK: "ok", CheckState.WARNING: "look", CheckState.FAILED: "FAILED"}


class Refused(click.ClickException):
    """A setting or the state of the instance forbids to go on: one sentence, exit code 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it to standard error."""
        click.echo(f"repertory: {self.message}", file=file or sys.stderr)


class Failed(Refused):
    """It was tried and did not work: one sentence, exit code 1."""

    exit_code = 1


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def repertory() -> None:
    """Run and repair a Repertory instance on its host. Settings come from the environment."""


@repertory.command()
def serve() -> None:
    """Serve the web pages and packages."""
    with _ready_runtime() as runtime:
        runtime.database.close()
    command = [sys.executable, "-P", "-m", "gunicorn", "-c", str(GUNICORN_SETTINGS), "wsgi:create_app()"]
    os.execv(sys.executable, command)  # noqa: S606 - gunicorn takes the place of this process


@repertory.command()
@click.argument("queues", nargs=-1, type=click.Choice(QUEUES))
def worker(queues: tuple[str, ...]) -> None:
    """Work on QUEUES, with one process for each time that one is named.

    Without a name on all, with two processes for what somebody waits for: a whole synchronization that was asked for by
    a button must not hold up the next person.
    """
    with _ready_runtime() as runtime:
        read_trust_store(runtime.settings)
        run_workers(runtime, queues or ("interactive", *QUEUES))


@repertory.command()
def ticker() -> None:
    """Hand due work to the workers, and run what is to be done every so often."""
    with _ready_runtime() as runtime:
        run_ticker(runtime)


@repertory.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Bring the tables to the newest revision; several processes may do so at once."""
    with _runtime() as runtime:
        _wait_for(lambda: refuse_foreign_data(runtime))
        upgrade_database(runtime.database)
        prepare_instance(runtime)
    click.echo(f"The database is at revision {newest_revision()}.")


@repertory.command("setup-link")
@click.option("--if-needed", is_flag=True, help="Print nothing when there is a valid link, or Setup Mode has ended.")
def setup_link(if_needed: bool) -> None:
    """Make a new setup link. Older links and unlocked browsers end."""
    with _runtime() as runtime:
        prepare_instance(runtime)
        link = setup_link_at_start(runtime) if if_needed else mint_setup_link(runtime, actor=_operator())
    if link:
        click.echo(link)
    elif not if_needed:
        raise Failed("Setup Mode has ended: log in instead, or use `repertory admin login-link USER`")


@repertory.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(as_json: bool) -> None:
    """Check everything that this instance needs. Exit code 1 when something fails."""
    with _runtime() as runtime:
        checks = [*check_system(runtime, read_git_version=read_git_version), check_synchronizations(runtime)]
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            _tell_check(check)
    if any(check.state is CheckState.FAILED for check in checks):
        sys.exit(1)


def _tell_check(check: Check) -> None:
    click.echo(f"{SYMBOLS[check.state]:8}{check.title:18}{check.reason}")
    if check.fix and check.state is not CheckState.OK:
        click.echo(f"{'':26}{check.fix}")


@repertory.group()
def admin() -> None:
    """Administrators: for the case that nobody can get in any more."""


@admin.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_admins(as_json: bool) -> None:
    """List the administrators."""
    with _runtime() as runtime, runtime.database.read() as session:
        administrators = list_administrators(session)
    if as_json:
        click.echo(json.dumps([asdict(person) for person in administrators], indent=2, default=str))
        return
    for person in administrators:
        click.echo(f"{person.user_id:<6}{person.name}  ({', '.join(person.accounts) or 'no account'})")


@admin.command()
@click.option("--integration", required=True, metavar="SLUG", help="The integration, as in its callback URL.")
@click.option("--login", required=True, help="The login name there.")
def grant(integration: str, login: str) -> None:
    """Make the owner of an account administrator."""
    with _runtime() as runtime, runtime.database.write() as session:
        person = grant_administrator(
            session, integration_slug=integration, login=login, actor=_operator(), now=utc_now()
        )
    click.echo(f"{person.name} is administrator.")


@admin.command("login-link")
@click.argument("user")
def login_link(user: str) -> None:
    """Make a link that logs USER (an id or a login name) in once, within ten minutes."""
    with _runtime() as runtime, runtime.database.write() as session:
        base_url = runtime.settings.base_url
        click.echo(make_login_link(session, base_url=base_url, user=user, actor=_operator(), now=utc_now()))


@repertory.group()
def sync() -> None:
    """Synchronizations."""


@sync.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_synchronizations(as_json: bool) -> None:
    """List the synchronizations with their state."""
    with _runtime() as runtime, runtime.database.read() as session:
        query = select(Synchronization).join(Synchronization.organization).order_by(Organization.short_name)
        rows = [_describe(synchronization) for synchronization in session.scalars(query)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    click.echo(f"{'ID':<6}{'ORGANIZATION':20}{'FOLLOWS':36}{'AT':20}{'STATE':26}LAST COMPLETE RUN")
    for row in rows:
        state = str(row["state"]).replace("_", " ")
        where = f"{row['organization']:20}{row['remote']:36}{row['host']:20}"
        click.echo(f"{row['id']:<6}{where}{state:26}{row['last_ok_at'] or 'never'}")


@sync.command("run")
@click.argument("synchronization_id", metavar="ID", type=int)
@click.option("--wait", is_flag=True, help="Until the run has ended; exit code 1 unless it went well.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def run_synchronization(synchronization_id: int, wait: bool, as_json: bool) -> None:
    """Ask for a run of the synchronization ID now, and report it."""
    with _runtime() as runtime:
        with runtime.database.write() as session:
            _find_synchronization(session, synchronization_id)
            run_id = request_run_now(
                session, synchronization_id=synchronization_id, reason="command line", actor=_operator()
            ).id
        report = _wait_for_run(runtime, run_id) if wait else _load_report(runtime, run_id)
    _tell_report(report, as_json=as_json)
    if wait and report.run.result is not RunResult.OK:
        sys.exit(1)


@sync.command("preview")
@click.argument("synchronization_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def preview_synchronization(synchronization_id: int, as_json: bool) -> None:
    """Say what the next run of the synchronization ID would do; nothing is changed."""
    with _runtime() as runtime:
        with runtime.database.write() as session:
            _find_synchronization(session, synchronization_id)
            run_id = request_preview(session, synchronization_id=synchronization_id, actor=_operator()).id
        report = _wait_for_run(runtime, run_id)
    _tell_report(report, as_json=as_json)
    if not as_json:
        for line in change_lines(report.run.changes):
            click.echo(line)
    if report.run.result not in APPLIED:
        sys.exit(1)


def _find_synchronization(session: Session, synchronization_id: int) -> Synchronization:
    found = session.get(Synchronization, synchronization_id)
    if found is None:
        raise Failed(f"there is no synchronization {synchronization_id}; see `repertory sync list`")
    return found


def _wait_for_run(runtime: Runtime, run_id: int) -> RunReport:
    while not _has_ended(runtime, run_id):
        time.sleep(0.3)
    return _load_report(runtime, run_id)


def _has_ended(runtime: Runtime, run_id: int) -> bool:
    with runtime.database.read() as session:
        return session.scalar(select(SyncRun.result).where(SyncRun.id == run_id)) is not None


def _load_report(runtime: Runtime, run_id: int) -> RunReport:
    with runtime.database.read() as session:
        return read_report(session, session.get_one(SyncRun, run_id))


def _tell_report(report: RunReport, *, as_json: bool) -> None:
    click.echo(json.dumps(as_document(report), indent=2) if as_json else "\n".join(report_lines(report)))


def _describe(synchronization: Synchronization) -> dict[str, str | int | None]:
    last_ok_at = synchronization.last_ok_at
    return {
        "id": synchronization.id,
        "organization": synchronization.organization.short_name,
        "remote": synchronization.remote_path,
        "host": synchronization.integration.name,
        "state": synchronization.state.value,
        "last_ok_at": None if last_ok_at is None else last_ok_at.isoformat(timespec="seconds"),
    }


@repertory.group()
def access() -> None:
    """Who may read what."""


@access.command("list")
@click.option("--organization", required=True, metavar="ORG", help="Its short name, as in its address.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_access(organization: str, as_json: bool) -> None:
    """For each package of ORG, list the logins at the host that may read it."""
    with _runtime() as runtime, runtime.database.read() as session:
        found = _find_organization(session, organization)
        readers = list_readers(session, organization_id=found.id, today=utc_now().date())
    if as_json:
        click.echo(json.dumps(readers, indent=2))
        return
    for package, logins in readers.items():
        click.echo(f"{package}: {', '.join(logins) or 'nobody'}")


@access.command("explain")
@click.option("--organization", required=True, metavar="ORG", help="Its short name, as in its address.")
@click.option("--person", default="", metavar="LOGIN", help="What this person may read.")
@click.option("--package", default="", metavar="NAME", help="Who may read this package.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def explain_access(organization: str, person: str, package: str, as_json: bool) -> None:
    """Say why somebody may read a package of ORG, or why not. Give a person, a package or both."""
    if not (person or package):
        raise Refused("name a person, a package or both: --person LOGIN, --package NAME")
    with _runtime() as runtime, runtime.database.read() as session:
        found = _find_organization(session, organization)
        question = Question(found, utc_now().date(), login=person.lstrip("@"), package=package.lower())
        answer = answer_question(session, question)
    if package and answer.package is None:
        raise Failed(f"there is no package {package!r} in {organization}")
    if person and not answer.people:
        raise Failed(f"no account {person!r} is known where {organization} is synchronized")
    click.echo(json.dumps(as_documents(answer), indent=2) if as_json else "\n".join(as_lines(answer)))


def _find_organization(session: Session, short_name: str) -> Organization:
    found = session.scalars(select(Organization).where(Organization.short_name == short_name)).first()
    if found is None:
        raise Failed(f"there is no organization {short_name!r}")
    return found


@contextmanager
def _runtime() -> Iterator[Runtime]:
    """An open runtime. What may go wrong in the block with it becomes one sentence."""
    try:
        settings = Settings.from_env()
        configure_logging(settings.log_level, stream=sys.stderr)
        runtime = open_runtime(settings)
        hang_bell(runtime)
        try:
            yield runtime
        finally:
            runtime.database.close()
    except (SettingsError, InstanceProblem, InstanceUnreadable) as error:
        raise Refused(str(error)) from error
    except PermissionError as error:
        raise Refused(f"this user may not use {error.filename}: is this the user that Repertory runs as?") from error
    except UnknownAccount as error:
        raise Failed(str(error)) from error
    except SQLAlchemyError as error:
        raise Failed(f"the database does not answer ({type(error).__name__}): check DATABASE_URL") from error


@contextmanager
def _ready_runtime() -> Iterator[Runtime]:
    """A runtime of an instance that may serve: waits a minute for the database and its upgrade."""
    with _runtime() as runtime:
        _wait_for(lambda: prepare_instance(runtime))
        yield runtime


def _wait_for(attempt: Callable[[], T]) -> T:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return attempt()
        except (SQLAlchemyError, NotUpgraded) as error:
            if time.monotonic() >= deadline:
                raise
            reason = str(error) if isinstance(error, NotUpgraded) else "the database does not answer"
            log.warning("waiting: %s", reason)
            time.sleep(RETRY_SECONDS)


def _operator() -> str:
    return f"command line ({getpass.getuser()})"


if __name__ == "__main__":
    repertory(prog_name="repertory")
