"""Run a fake Bitbucket Cloud by itself: `python -m tests.fakes.bitbucket_cloud --port 8931 --company small`."""

import argparse
import sys

from tests.fakes.parts.command import add_options, derived, serve

from .building import ClientCredentials
from .companies import large_company, random_company, small_company
from .fake import FakeBitbucketCloud

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
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.bitbucket_cloud", description=__doc__)
    add_options(parser)
    parser.add_argument("--company", choices=COMPANIES, default="small")
    parser.add_argument("--groups", type=int, default=50, help="of --company large")
    parser.add_argument("--repositories", type=int, default=1000, help="of --company large")
    parser.add_argument("--members", type=int, default=1000, help="of --company large")
    parser.add_argument("--allow-local-hooks", action="store_true", help="let webhooks lead to this machine")
    return parser.parse_args()


def _fake(options: argparse.Namespace) -> FakeBitbucketCloud:
    return FakeBitbucketCloud(
        host=options.host,
        port=options.port,
        base_url=options.base_url,
        allow_local_hooks=options.allow_local_hooks,
        allow_control=options.allow_control,
        certfile=options.certfile,
        keyfile=options.keyfile,
    )


def _fill(fake: FakeBitbucketCloud, options: argparse.Namespace) -> None:
    if options.company == "small":
        small_company(fake)
    elif options.company == "large":
        large_company(fake, groups=options.groups, repositories=options.repositories, members=options.members)
    elif options.company == "random":
        random_company(fake, options.seed)


def _facts(fake: FakeBitbucketCloud, options: argparse.Namespace) -> dict[str, str]:
    homes = list(fake.state.workspaces.values())
    slug = homes[0].slug if homes else "WORKSPACE"
    found = {
        "base_url": fake.base_url,
        "applications_url": f"{fake.base_url}/{slug}/workspace/settings/oauth-consumers/new",
    }
    if options.redirect_uri:
        made = _application(fake, options.redirect_uri[0], options.steady)
        found |= {"client_id": made.client_id, "secret": made.secret, "redirect_uri": options.redirect_uri[0]}
    return found


def _application(fake: FakeBitbucketCloud, redirect_uri: str, word: str | None) -> ClientCredentials:
    """A consumer has one callback URL."""
    if word is None:
        return fake.application(redirect_uri=redirect_uri)
    client = ClientCredentials(derived(word, "id")[:18], derived(word, "secret")[:32])
    kept = fake.state.consumers.get(client.client_id)
    if kept is not None:
        kept.callback_url = redirect_uri
        return client
    return fake.application(redirect_uri=redirect_uri, client_id=client.client_id, secret=client.secret)


def _text(found: dict[str, str]) -> str:
    lines = [f"Bitbucket (fake) {found['base_url']}"]
    if "client_id" in found:
        lines += [f"Key              {found['client_id']}", f"Secret           {found['secret']}"]
    return "\n".join([*lines, f"OAuth consumers  {found['applications_url']}"])


if __name__ == "__main__":
    sys.exit(main())
