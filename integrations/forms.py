"""The one integration form: to add an integration, and to change one."""

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, PasswordInput, RadioInput

from integrations.platform_parts import Platform, Use
from integrations.platforms import PLATFORMS
from integrations.registration import SLUG, IntegrationDraft
from integrations.service import uses_of
from integrations.tls import trust_context
from models import Integration, LoginPolicy

PLATFORM_CHOICES = {it.key: it.label for it in sorted(PLATFORMS.values(), key=lambda it: it.label)}
FIRST_PLATFORM = "gitlab_self_managed"
USE_CHOICES = {Use.LOG_IN: "Log in", Use.SYNCHRONIZE: "Synchronize", Use.INSTALL_WEBHOOKS: "Install webhooks"}
POLICY_CHOICES = {
    LoginPolicy.MEMBERS: "Members of synchronized organizations only",
    LoginPolicy.EVERYONE: "Everyone with an account there",
}
OAUTH_CHOICES = {"2": "OAuth 2, since version 7.20", "1": "OAuth 1.0a, for servers before 7.20"}
PEM_BEGIN, PEM_END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class LiveRadio(RadioInput):  # type: ignore[misc]
    """A radio button that the live guide follows."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        """The input element."""
        return Markup(super().__call__(field, **{**kwargs, "data_live": ""}))  # noqa: S704 - WTForms made it


class LiveCheckbox(CheckboxInput):  # type: ignore[misc]
    """A check box that the live guide follows."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        """The input element. None of the boxes is required by itself."""
        return Markup(super().__call__(field, **{**kwargs, "data_live": "", "required": False}))  # noqa: S704 - WTForms made it


class IntegrationForm(FlaskForm):  # type: ignore[misc]
    """Fields in the order in which they are shown; the live guide stands between the timeout and the client ID."""

    name = StringField(
        "Name",
        description="What people see on the login button.",
        validators=[DataRequired("Give the integration a name, such as GitLab."), Length(max=60)],
        filters=[lambda text: (text or "").strip()],
    )
    platform = SelectField("Platform", choices=PLATFORM_CHOICES, default=FIRST_PLATFORM)
    base_url = StringField(
        "Base URL",
        description="The address of its start page. What is pasted is corrected: https is added, /login removed.",
        filters=[lambda text: (text or "").strip()],
        validators=[Length(max=500)],
    )
    uses = SelectMultipleField(
        "What it is used for",
        choices=dict(USE_CHOICES),
        default=[use.value for use in Use],
        option_widget=LiveCheckbox(),
        validators=[InputRequired("Choose at least one use.")],
    )
    login_policy = RadioField("Who may log in", choices=dict(POLICY_CHOICES), validators=[InputRequired("Choose one.")])
    is_trusting_emails = BooleanField(
        "Trust e-mail addresses without verification",
        description="Addresses are only shown, never used to find an account.",
    )
    api_timeout_seconds = IntegerField(
        "API timeout",
        description="Seconds to wait for an answer of the host, 5 to 120.",
        default=20,
        validators=[
            InputRequired("Enter a number of seconds."),
            NumberRange(min=5, max=120, message="Enter 5 to 120 seconds."),
        ],
    )
    oauth_version = RadioField(
        "OAuth version",
        choices=dict(OAUTH_CHOICES),
        default="2",
        validators=[Optional()],
        option_widget=LiveRadio(),
    )
    client_id = StringField(
        "Client ID / Key",
        validators=[Length(max=300)],
        filters=[lambda text: (text or "").strip()],
    )
    client_secret = PasswordField(
        "Client Secret", widget=PasswordInput(hide_value=True), filters=[lambda text: (text or "").strip()]
    )
    ca_certificate = TextAreaField(
        "CA certificate (PEM)",
        description="Only if the host's certificate comes from your company's own authority.",
        validators=[Optional(), Length(max=100_000)],
    )
    slug = HiddenField("Callback URL", id="callback-url")  # the guide shows it under this id
    shown_platform = HiddenField()
    is_secret_kept = True

    def validate_base_url(self, field: StringField) -> None:
        """Needed unless the platform has a usual one."""
        if not field.data and not self.chosen_platform.default_base_url:
            raise ValidationError("Enter the address of its start page, such as https://git.example.com.")

    def validate_client_id(self, field: StringField) -> None:
        """The host gives it, unless we make up the keys ourselves."""
        if self.chosen_oauth_version == 2 and not field.data:
            raise ValidationError("Copy the client ID from the application at the host.")

    def validate_client_secret(self, field: PasswordField) -> None:
        """Needed where there is none to keep."""
        if self.chosen_oauth_version == 2 and not field.data and not self.is_secret_kept:
            raise ValidationError("Copy the secret from the application at the host.")

    def validate_ca_certificate(self, field: TextAreaField) -> None:
        """Must be readable before it is stored: later it would break every connection."""
        try:
            check_certificate(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    @property
    def chosen_platform(self) -> Platform:
        """The platform that is chosen now."""
        return PLATFORMS.get(self.platform.data) or PLATFORMS[FIRST_PLATFORM]

    @property
    def chosen_oauth_version(self) -> int:
        """The version that is chosen now; only some platforms leave a choice."""
        return 1 if self.oauth_version.data == "1" and self.chosen_platform.oauth1_endpoints is not None else 2

    @property
    def chosen_uses(self) -> frozenset[Use]:
        """What is ticked now."""
        return frozenset(Use(use) for use in self.uses.data or () if use in set(Use))

    def follow_platform(self) -> bool:
        """Fill in what is usual for a platform that was changed since the form was shown: name, address, who logs in.

        Whether the person must see it before it is saved: who may log in was changed.
        """
        before, now = PLATFORMS.get(self.shown_platform.data or ""), self.chosen_platform
        self.shown_platform.data = now.key
        if before is not None and before is not now:
            self._follow_words(before, now)
        chosen = self.login_policy.data
        if chosen and (before is None or chosen != before.default_login_policy):
            return False
        has_changed: bool = chosen != now.default_login_policy
        self.login_policy.data = now.default_login_policy
        return has_changed

    def _follow_words(self, before: Platform, now: Platform) -> None:
        if self.name.data == before.product:
            self.name.data = now.product
        if self.base_url.data in {"", before.default_base_url}:
            self.base_url.data = now.default_base_url

    def draft(self, *, slug: str, base_url: str) -> IntegrationDraft:
        """What the valid form asks for."""
        return IntegrationDraft(
            name=self.name.data,
            slug=slug,
            platform=self.platform.data,
            base_url=base_url,
            uses=self.chosen_uses,
            login_policy=LoginPolicy(self.login_policy.data),
            client_id=self.client_id.data,
            client_secret=self.client_secret.data,
            oauth_version=self.chosen_oauth_version,
            is_trusting_emails=self.is_trusting_emails.data,
            api_timeout_seconds=self.api_timeout_seconds.data,
            ca_certificate=(self.ca_certificate.data or "").strip(),
        )


class NewIntegrationForm(IntegrationForm):
    """To add an integration: the secret is needed, and the slug is stored as it was shown."""

    is_secret_kept = False

    def validate_slug(self, field: HiddenField) -> None:
        """It came with the guide."""
        if not SLUG.fullmatch(field.data or ""):
            raise ValidationError("The callback URL was not shown yet. It is now: use it, then send the form again.")


def new_form() -> NewIntegrationForm:
    """The form as it is first shown, or as it was sent."""
    form = NewIntegrationForm()
    if not form.is_submitted():
        form.name.data = form.chosen_platform.product
        form.follow_platform()
    return form


def edit_form(integration: Integration) -> IntegrationForm:
    """The form of a stored integration, or as it was sent. The secret is never shown; platform and slug are fixed."""
    form = IntegrationForm(data=_stored_values(integration))
    form.platform.data = form.shown_platform.data = integration.platform
    form.slug.data = integration.slug
    form.is_secret_kept = integration.oauth_version == 2
    if form.is_secret_kept:
        form.client_secret.description = "Stored. Leave it empty to keep it."
    elif not form.is_submitted():
        form.client_id.data = ""  # the consumer key, which is not to be typed
    return form


def check_certificate(text: str) -> None:
    """Raises ValueError with a sentence unless the text is empty or holds readable certificates only."""
    if not text.strip():
        return
    if "PRIVATE KEY" in text:
        raise ValueError("This holds a private key. Paste the certificate only, and consider the key as leaked.")
    if PEM_BEGIN not in text or PEM_END not in text:
        raise ValueError(f"Paste it in PEM form: it begins with {PEM_BEGIN} and ends with {PEM_END}.")
    try:
        trust_context(ca_pem=text)
    except ValueError as error:
        raise ValueError("The certificate can not be read. Copy the whole file, with both marker lines.") from error


def _stored_values(integration: Integration) -> Mapping[str, object]:
    return {
        "name": integration.name,
        "base_url": integration.base_url,
        "uses": [use.value for use in uses_of(integration)],
        "login_policy": integration.login_policy.value,
        "is_trusting_emails": integration.is_trusting_emails,
        "api_timeout_seconds": integration.api_timeout_seconds,
        "oauth_version": str(integration.oauth_version),
        "client_id": integration.client_id,
        "ca_certificate": integration.ca_certificate,
    }
