"""Settings of the instance that are changed here, and those of the server, which are only shown."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import IntegerField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from config import Settings
from models import Instance, OrganizationCreation, record_audit

CREATION_CHOICES = {
    OrganizationCreation.ADMINISTRATORS: "Administrators of this installation",
    OrganizationCreation.REMOTE_ADMINISTRATORS: "Everyone who may log in and administers what it follows at the host",
}
CHANGEABLE = (
    "name",
    "organization_creation",
    "synchronization_minutes",
    "full_synchronization_hours",
    "remote_missing_hours",
)


class SettingsForm(FlaskForm):  # type: ignore[misc]
    """What an administrator sets for everybody."""

    name = StringField(
        "Name of this installation",
        description="Shown in the top bar and in the title of every page.",
        validators=[DataRequired("Give it a name."), Length(max=60)],
        filters=[lambda text: (text or "").strip()],
    )
    organization_creation = RadioField(
        "Who may create organizations", choices=dict(CREATION_CHOICES), validators=[InputRequired("Choose one.")]
    )
    synchronization_minutes = IntegerField(
        "Quick check every … minutes",
        description="Looks for new repositories and at who is a member of the whole, in case that a webhook was lost. "
        "Usually 60.",
        validators=[InputRequired("Enter a number."), NumberRange(min=5, max=1440, message="Enter 5 to 1440 minutes.")],
    )
    full_synchronization_hours = IntegerField(
        "Full synchronization every … hours",
        description="Reads every team and repository again. Usually 20. It is done less often where it would use more "
        "than a tenth of the requests that the host allows in an hour.",
        validators=[InputRequired("Enter a number."), NumberRange(min=1, max=168, message="Enter 1 to 168 hours.")],
    )
    remote_missing_hours = IntegerField(
        "Access stays for … hours when what it follows is not found any more",
        description="After that nobody reads its packages until it is back. Nothing is deleted. Usually 72.",
        validators=[InputRequired("Enter a number."), NumberRange(min=1, max=720, message="Enter 1 to 720 hours.")],
    )


@dataclass(frozen=True, slots=True)
class ServerSetting:
    """One setting of the server: where it is set, and what it is."""

    name: str
    label: str
    value: str


def save_settings(
    session: Session, instance: Instance, form: SettingsForm, *, actor: str, actor_user_id: int | None
) -> None:
    """Take the valid form over, and note what was changed."""
    before = {name: _plain(getattr(instance, name)) for name in CHANGEABLE}
    form.populate_obj(instance)
    instance.organization_creation = OrganizationCreation(form.organization_creation.data)
    after = {name: _plain(getattr(instance, name)) for name in CHANGEABLE}
    changed = {name: [before[name], after[name]] for name in CHANGEABLE if before[name] != after[name]}
    if not changed:
        return
    record_audit(
        session,
        actor=actor,
        actor_user_id=actor_user_id,
        action="settings_changed",
        target="instance",
        details=changed,
    )
    session.flush()


def describe_server(settings: Settings) -> list[ServerSetting]:
    """What the environment of the server sets. Never a password."""
    return [
        ServerSetting("REPERTORY_BASE_URL", "Base URL", settings.base_url),
        ServerSetting("OUTBOUND_PROXY", "Proxy", _without_password(settings.outbound_proxy) or "none"),
        ServerSetting("OUTBOUND_CA_FILE", "CA certificates", str(settings.outbound_ca_file or "those of the system")),
        ServerSetting("OUTBOUND_ALLOW", "Also allowed", ", ".join(settings.outbound_allow) or "nothing"),
        ServerSetting("REPERTORY_TRUSTED_PROXY_HOPS", "Proxies in front", str(settings.trusted_proxy_hops)),
        ServerSetting(
            "REPERTORY_AUTH_CACHE_SECONDS",
            "A proxy in front may reuse a decision about a token for",
            f"{settings.auth_cache_seconds} s",
        ),
        ServerSetting("REPERTORY_LOG_LEVEL", "Log level", settings.log_level),
    ]


def _without_password(url: str) -> str:
    if not url:
        return ""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{'…@' if parts.username else ''}{parts.hostname}{port}"


def _plain(value: Any) -> str | int | bool:
    return value if isinstance(value, (bool, int)) else str(value)
