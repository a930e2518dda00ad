"""Bitbucket Cloud: REST API 2.0, the groups of API 1.0, OAuth consumers, webhooks."""

CLOUD = "https://bitbucket.org"
CLOUD_API = "https://api.bitbucket.org"


def api_root(base_url: str) -> str:
    """What all API paths (`/2.0/…`, `/1.0/…`) are below. Only bitbucket.org has a host of its own for it."""
    return CLOUD_API if base_url.rstrip("/") == CLOUD else f"{base_url.rstrip('/')}/!api"
