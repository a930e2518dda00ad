"""The live box of the integration form: what is to be done at the host, computed from what is typed."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from config import Settings
from integrations.errors import ConnectionFailed
from integrations.forms import IntegrationForm
from integrations.oauth1 import CONSUMER_NAME, public_key_of
from integrations.platform_parts import Application, CorrectedUrl, GuideStep, Platform, Scope
from integrations.service import callback_url, free_slug, slug_for
from models import Integration, Runtime

FIRST_THE_KEYS = (
    "Save first: Repertory then makes a pair of keys, and shows here what to enter at the host. "
    "Nobody can log in before the host has them."
)


@dataclass(frozen=True, slots=True)
class SetupLink:
    """A page of the host. One with a part to be replaced is not a link yet."""

    label: str
    url: str

    @property
    def is_complete(self) -> bool:
        """Whether it can be opened as it is."""
        return "<" not in self.url


@dataclass(frozen=True, slots=True)
class Keys:
    """What the host has to be told about us with OAuth 1."""

    consumer_key: str
    public_key: str
    consumer_name: str = CONSUMER_NAME


@dataclass(frozen=True, slots=True)
class Guide:
    """What the box shows. Without a base URL there are no links yet; `problem` says what is wrong with it.

    `keys`: of OAuth 1, once they are made.
    """

    platform: Platform
    slug: str
    callback_url: str
    scopes: tuple[Scope, ...]
    links: tuple[SetupLink, ...] = ()
    base_url: str = ""
    advice: tuple[str, ...] = ()
    problem: str = ""
    our_url: str = ""
    oauth_version: int = 2
    keys: Keys | None = None

    @property
    def steps(self) -> tuple[GuideStep, ...]:
        """What is to be done at the host now."""
        if self.oauth_version == 2:
            return self.platform.guide
        return self.platform.oauth1_guide if self.keys else (GuideStep(FIRST_THE_KEYS),)


def guide_for_new(session: Session, settings: Settings, form: IntegrationForm) -> Guide:
    """The guide of an integration that is being added: its slug follows the name."""
    return _build(settings, form, form.base_url.data or "", free_slug(session, slug_for(form.name.data or "")))


def guide_as_shown(settings: Settings, form: IntegrationForm) -> Guide:
    """The guide with the slug that the form holds."""
    return _build(settings, form, form.base_url.data or "", form.slug.data or "")


def guide_for_stored(runtime: Runtime, integration: Integration, form: IntegrationForm) -> Guide:
    """The guide of a stored integration: its slug never changes, and its keys are shown while it uses them."""
    guide = _build(runtime.settings, form, form.base_url.data or integration.base_url, integration.slug)
    if guide.oauth_version == 2 or integration.oauth_version == 2:
        return guide
    public = public_key_of(integration.unseal_client_secret(runtime.secret_box))
    return replace(guide, keys=Keys(integration.client_id, public))


def correct_base_url(platform: Platform, text: str) -> CorrectedUrl:
    """The base URL in what was typed. Raises ConnectionFailed at the stage "address"."""
    return platform.correct_base_url(text.strip() or platform.default_base_url)


def _build(settings: Settings, form: IntegrationForm, text: str, slug: str) -> Guide:
    platform, address, problem = form.chosen_platform, CorrectedUrl(""), ""
    if text or platform.default_base_url:
        try:
            address = correct_base_url(platform, text)
        except ConnectionFailed as error:
            problem = f"{error.diagnosis.problem} {error.diagnosis.fix}"
    callback = callback_url(settings, slug)
    application = Application(f"Repertory ({urlsplit(settings.base_url).hostname})", settings.base_url, callback)
    return Guide(
        platform=platform,
        slug=slug,
        callback_url=callback,
        scopes=platform.scopes_for(form.chosen_uses),
        links=_links(platform, address.url, application) if address.url else (),
        base_url=address.url,
        advice=address.advice,
        problem=problem,
        our_url=settings.base_url,
        oauth_version=form.chosen_oauth_version,
    )


def _links(platform: Platform, base_url: str, application: Application) -> tuple[SetupLink, ...]:
    links = platform.setup_links(base_url)
    if platform.prefill is None:
        return tuple(SetupLink(*link) for link in links)
    return tuple(SetupLink(label, platform.prefill(address, application)) for label, address in links)
