"""The live box of the integration form: what is to be done at the host, computed from what is typed."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from config import Settings
from integrations.errors import ConnectionFailed
from integrations.forms import IntegrationForm
from integrations.platform_parts import CorrectedUrl, Platform, Scope, Use
from integrations.service import callback_url, free_slug, slug_for
from models import Integration


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
class Guide:
    """What the box shows. Without a base URL there are no links yet; `problem` says what is wrong with it."""

    platform: Platform
    slug: str
    callback_url: str
    scopes: tuple[Scope, ...]
    links: tuple[SetupLink, ...] = ()
    base_url: str = ""
    advice: tuple[str, ...] = ()
    problem: str = ""


def guide_for_new(session: Session, settings: Settings, form: IntegrationForm) -> Guide:
    """The guide of an integration that is being added: its slug follows the name."""
    slug = free_slug(session, slug_for(form.name.data or ""))
    return _build(settings, form.chosen_platform, form.base_url.data or "", form.chosen_uses, slug)


def guide_as_shown(settings: Settings, form: IntegrationForm) -> Guide:
    """The guide with the slug that the form holds."""
    return _build(settings, form.chosen_platform, form.base_url.data or "", form.chosen_uses, form.slug.data or "")


def guide_for_stored(settings: Settings, integration: Integration, form: IntegrationForm) -> Guide:
    """The guide of a stored integration: its slug never changes."""
    text = form.base_url.data or integration.base_url
    return _build(settings, form.chosen_platform, text, form.chosen_uses, integration.slug)


def correct_base_url(platform: Platform, text: str) -> CorrectedUrl:
    """The base URL in what was typed. Raises ConnectionFailed at the stage "address"."""
    return platform.correct_base_url(text)


def _build(settings: Settings, platform: Platform, text: str, uses: Collection[Use], slug: str) -> Guide:
    address, problem = CorrectedUrl(""), ""
    if text or platform.is_base_url_fixed:
        try:
            address = correct_base_url(platform, text)
        except ConnectionFailed as error:
            problem = f"{error.diagnosis.problem} {error.diagnosis.fix}"
    links = platform.setup_links(address.url) if address.url else ()
    return Guide(
        platform=platform,
        slug=slug,
        callback_url=callback_url(settings, slug),
        scopes=platform.scopes_for(uses),
        links=tuple(SetupLink(*link) for link in links),
        base_url=address.url,
        advice=address.advice,
        problem=problem,
    )
