"""The form to store a credential: what it asks for depends on the kind."""

from datetime import UTC, date, datetime, time

from flask_wtf import FlaskForm
from wtforms import DateField, PasswordField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length, Optional
from wtforms.widgets import PasswordInput

from integrations.stored_kinds import StoredKind
from models import Integration, utc_now
from organizations.credential_trial import Pasted


class CredentialForm(FlaskForm):  # type: ignore[misc]
    """A secret that speaks for itself."""

    secret = PasswordField(
        widget=PasswordInput(hide_value=True),
        validators=[DataRequired("Paste it here."), Length(max=4000)],
        filters=[lambda text: (text or "").strip()],
    )
    expires_on = DateField(
        "Expires on",
        description="Only if it ends and the host does not tell when.",
        validators=[Optional()],
    )

    def validate_expires_on(self, field: DateField) -> None:
        """One that is over is of no use."""
        if field.data and field.data <= utc_now().date():
            raise ValidationError("That day is over. Make a new one at the host.")

    @property
    def expires_at(self) -> datetime | None:
        """The end that was typed: the beginning of that day."""
        day: date | None = self.expires_on.data
        return None if day is None else datetime.combine(day, time(), tzinfo=UTC)


class NamedCredentialForm(CredentialForm):
    """A secret together with a user name."""

    username = StringField(
        validators=[DataRequired("Enter it, too."), Length(max=300)], filters=[lambda text: (text or "").strip()]
    )


class AppForm(NamedCredentialForm):
    """A GitHub App with its private key, which has several lines."""

    secret = TextAreaField(
        validators=[DataRequired("Paste it here."), Length(max=10_000)],
        filters=[lambda text: (text or "").strip()],
    )


def credential_form(kind: StoredKind) -> CredentialForm:
    """The form for a kind, or as it was sent."""
    form = CredentialForm() if not kind.username_label else AppForm() if kind.is_app else NamedCredentialForm()
    form.secret.label.text = kind.asks_for
    if kind.username_label:
        form.username.label.text = kind.username_label
    if kind.is_app:
        del form.expires_on
    return form


def pasted_from(form: CredentialForm, integration: Integration, kind: StoredKind) -> Pasted:
    """What the valid form holds."""
    return Pasted(
        integration,
        kind,
        username=form.username.data if kind.username_label else "",
        secret=form.secret.data,
        expires_at=None if kind.is_app else form.expires_at,
    )


def forget_secret(form: CredentialForm) -> None:
    """What was pasted is never sent back to the browser."""
    form.secret.data = ""
