"""The platforms that are offered: one entry each, by key. Only those that work are listed."""

from collections.abc import Mapping

from integrations.bitbucket_cloud.platform import BITBUCKET_CLOUD
from integrations.bitbucket_dc.platform import BITBUCKET_DATA_CENTER
from integrations.codehost import HostVersion
from integrations.errors import Diagnosis, Stage
from integrations.github.platform import GITHUB, GITHUB_ENTERPRISE_SERVER
from integrations.gitlab.platform import GITLAB, GITLAB_SELF_MANAGED
from integrations.oauth_errors import diagnose_oauth_error
from integrations.platform_parts import (
    ClientCheck,
    CorrectedUrl,
    Finding,
    GuideStep,
    HostAccess,
    Knowledge,
    Page,
    Platform,
    Scope,
    Use,
)

__all__ = [
    "PLATFORMS",
    "ClientCheck",
    "CorrectedUrl",
    "Finding",
    "GuideStep",
    "HostAccess",
    "Knowledge",
    "Page",
    "Platform",
    "Scope",
    "Use",
    "diagnose_oauth_error",
    "diagnose_version",
]

_OFFERED = (
    BITBUCKET_CLOUD,
    BITBUCKET_DATA_CENTER,
    GITHUB,
    GITHUB_ENTERPRISE_SERVER,
    GITLAB,
    GITLAB_SELF_MANAGED,
)
PLATFORMS: Mapping[str, Platform] = {platform.key: platform for platform in _OFFERED}


def diagnose_version(platform: Platform, found: HostVersion) -> Diagnosis | None:
    """Why this version can not be used, None when it can, or when the host did not tell it."""
    numbers = _version_numbers(found.version)
    if numbers is None or numbers >= platform.lowest_version:
        return None
    lowest = ".".join(str(number) for number in platform.lowest_version)
    return Diagnosis(
        Stage.VERSION,
        f"{found.product} {found.version} is too old.",
        f"Update it to version {lowest} or newer.",
    )


def _version_numbers(text: str) -> tuple[int, int] | None:
    major, _, rest = text.partition(".")
    minor = rest.partition(".")[0]
    if not (major.isdigit() and minor.isdigit()):
        return None
    return int(major), int(minor)
