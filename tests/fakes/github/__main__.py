"""Run a fake GitHub by itself: `python -m tests.fakes.github --port 8930 --company small`."""

import argparse
import sys

from tests.fakes.parts.command import add_options, derived, serve

from .companies import large_company, random_company, small_company
from .fake import FakeGitHub
from .granting import ClientCredentials

COMPANIES = ("small", "large", "random", "none")
CLOUD = "cloud"


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
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.github", description=__doc__)
    add_options(parser)
    parser.add_argument("--company", choices=COMPANIES, default="small")
    parser.add_argument("--teams", type=int, default=50, help="of --company large")
    parser.add_argument("--repositories", type=int, default=1000, help="of --company large")
    parser.add_argument("--members", type=int, default=1000, help="of --company large")
    parser.add_argument("--version", default="3.17.0", help=f"of an Enterprise Server; {CLOUD} is github.com")
    return parser.parse_args()


def _fake(options: argparse.Namespace) -> FakeGitHub:
    return FakeGitHub(
        host=options.host,
        port=options.port,
        base_url=options.base_url,
        version=None if options.version == CLOUD else options.version,
        allow_control=options.allow_control,
        certfile=options.certfile,
        keyfile=options.keyfile,
    )


def _fill(fake: FakeGitHub, options: argparse.Namespace) -> None:
    if options.company == "small":
        small_company(fake)
    elif options.company == "large":
        large_company(fake, teams=options.teams, repositories=options.repositories, members=options.members)
    elif options.company == "random":
        random_company(fake, options.seed)


def _facts(fake: FakeGitHub, options: argparse.Namespace) -> dict[str, str]:
    found = {"base_url": fake.base_url, "applications_url": f"{fake.base_url}/settings/applications/new"}
    if options.redirect_uri:
        made = _application(fake, options.redirect_uri[0], options.steady)
        found |= {"client_id": made.client_id, "secret": made.secret, "redirect_uri": options.redirect_uri[0]}
    return found


def _application(fake: FakeGitHub, redirect_uri: str, word: str | None) -> ClientCredentials:
    """An application has one callback URL; the first organization owns it."""
    owner = next(iter(fake.state.organizations.values()), None)
    if word is None:
        return fake.application(redirect_uri=redirect_uri, owner=owner)
    client = ClientCredentials(f"Ov23{derived(word, 'id')[:16]}", derived(word, "secret")[:40])
    kept = fake.state.application_by(client.client_id)
    if kept is not None:
        kept.callback_url = redirect_uri
        return client
    return fake.application(redirect_uri=redirect_uri, owner=owner, client_id=client.client_id, secret=client.secret)


def _text(found: dict[str, str]) -> str:
    lines = [f"GitHub (fake)    {found['base_url']}"]
    if "client_id" in found:
        lines += [f"Client ID        {found['client_id']}", f"Client secret    {found['secret']}"]
    return "\n".join([*lines, f"OAuth apps       {found['applications_url']}"])


if __name__ == "__main__":
    sys.exit(main())
