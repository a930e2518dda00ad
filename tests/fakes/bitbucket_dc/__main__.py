"""Run a fake Bitbucket Data Center by itself: `python -m tests.fakes.bitbucket_dc --port 7990 --company small`."""

import argparse
import sys

from tests.fakes.parts.command import add_options, derived, serve

from .building import ClientCredentials
from .companies import large_company, random_company, small_company
from .fake import FakeBitbucketDataCenter
from .link_pages import LINKS

COMPANIES = ("small", "large", "random", "none")


def main() -> int:
    options = _options()
    return serve(
        _fake(options),
        options,
        fill=lambda fake: _fill(fake, options),
        facts=lambda fake: _facts(fake, options),
        text=_text,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.bitbucket_dc", description=__doc__)
    add_options(parser)
    parser.add_argument("--company", choices=COMPANIES, default="small")
    parser.add_argument("--version", default="9.4.3")
    parser.add_argument("--anonymous-fallback", action="store_true", help="take a bad token for none at all")
    return parser.parse_args()


def _fake(options: argparse.Namespace) -> FakeBitbucketDataCenter:
    return FakeBitbucketDataCenter(
        host=options.host,
        port=options.port,
        base_url=options.base_url,
        version=options.version,
        anonymous_fallback=options.anonymous_fallback,
        allow_control=options.allow_control,
        certfile=options.certfile,
        keyfile=options.keyfile,
    )


def _fill(fake: FakeBitbucketDataCenter, options: argparse.Namespace) -> None:
    if options.company == "small":
        small_company(fake)
    elif options.company == "large":
        large_company(fake)
    elif options.company == "random":
        random_company(fake, options.seed)


def _facts(fake: FakeBitbucketDataCenter, options: argparse.Namespace) -> dict[str, str]:
    found = {"base_url": fake.base_url, "applications_url": f"{fake.base_url}{LINKS}"}
    if options.redirect_uri:
        made = _application(fake, options.redirect_uri, options.steady)
        found |= {"client_id": made.client_id, "secret": made.secret, "redirect_uri": " ".join(options.redirect_uri)}
    return found


def _application(fake: FakeBitbucketDataCenter, redirect_uris: list[str], word: str | None) -> ClientCredentials:
    if word is None:
        return fake.application(redirect_uri=redirect_uris)
    client = ClientCredentials(derived(word, "id")[:32], derived(word, "secret"))
    kept = fake.state.links.get(client.client_id)
    if kept is not None:
        kept.redirect_uris = tuple(redirect_uris)
        return client
    return fake.application(redirect_uri=redirect_uris, client_id=client.client_id, secret=client.secret)


def _text(found: dict[str, str]) -> str:
    lines = [f"Bitbucket Data Center (fake)  {found['base_url']}"]
    if "client_id" in found:
        lines += [
            f"Client ID                     {found['client_id']}",
            f"Client secret                 {found['secret']}",
        ]
    return "\n".join([*lines, f"Application links             {found['applications_url']}"])


if __name__ == "__main__":
    sys.exit(main())
