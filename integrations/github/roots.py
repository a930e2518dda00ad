"""Where the APIs of a GitHub are, by fixed rules from its base URL. Pure."""

from dataclasses import dataclass

from integrations.urls import parse_url

TENANTS = ".ghe.com"


@dataclass(frozen=True, slots=True)
class Roots:
    """The address that REST paths begin at, and the one that has `/graphql` below it."""

    rest: str
    graphql: str


def api_roots(base_url: str) -> Roots:
    """Hosts of GitHub itself have the API on a host of its own. Raises Refused for a base URL that is none."""
    url = parse_url(base_url)
    if is_cloud_host(url.host):
        root = f"{url.scheme}://api.{url.host}"
        return Roots(root, root)
    base = base_url.rstrip("/")
    return Roots(f"{base}/api/v3", f"{base}/api")


def api_url(base_url: str) -> str:
    """The address that REST paths begin at."""
    return api_roots(base_url).rest


def is_cloud_host(host: str) -> bool:
    """Whether a host is run by GitHub: github.com, or a company's own name below ghe.com."""
    return host == "github.com" or host.endswith(TENANTS)
