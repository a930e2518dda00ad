"""Run a fake GitLab by itself: `python -m tests.fakes.gitlab --port 8929 --company small`."""

import argparse
import sys

from tests.fakes.company import large_company, random_company, small_company
from tests.fakes.parts.command import add_options, derived, serve

from .building import ClientCredentials
from .fake import FakeGitLab

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
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.gitlab", description=__doc__)
    add_options(parser)
    parser.add_argument("--company", choices=COMPANIES, default="small")
    parser.add_argument("--groups", type=int, default=50, help="of --company large")
    parser.add_argument("--projects", type=int, default=1000, help="of --company large")
    parser.add_argument("--members", type=int, default=1000, help="of --company large")
    parser.add_argument("--version", default="18.5.0-ee")
    parser.add_argument("--free", action="store_true", help="an edition without group hooks")
    return parser.parse_args()


def _fake(options: argparse.Namespace) -> FakeGitLab:
    return FakeGitLab(
        host=options.host,
        port=options.port,
        base_url=options.base_url,
        version=options.version,
        premium=not options.free,
        allow_control=options.allow_control,
        certfile=options.certfile,
        keyfile=options.keyfile,
    )


def _fill(fake: FakeGitLab, options: argparse.Namespace) -> None:
    if options.company == "small":
        small_company(fake)
    elif options.company == "large":
        large_company(fake, groups=options.groups, projects=options.projects, members=options.members)
    elif options.company == "random":
        random_company(fake, options.seed)


def _facts(fake: FakeGitLab, options: argparse.Namespace) -> dict[str, str]:
    found = {"base_url": fake.base_url, "applications_url": f"{fake.base_url}/-/user_settings/applications"}
    if options.redirect_uri:
        made = _application(fake, options.redirect_uri, options.steady)
        found |= {"client_id": made.client_id, "secret": made.secret, "redirect_uri": " ".join(options.redirect_uri)}
    return found


def _application(fake: FakeGitLab, redirect_uris: list[str], word: str | None) -> ClientCredentials:
    if word is None:
        return fake.application(redirect_uri=redirect_uris)
    client = ClientCredentials(derived(word, "id"), f"gloas-{derived(word, 'secret')}")
    kept = fake.state.application_by(client.client_id)
    if kept is not None:
        kept.redirect_uris = tuple(redirect_uris)
        return client
    return fake.application(redirect_uri=redirect_uris, client_id=client.client_id, secret=client.secret)


def _text(found: dict[str, str]) -> str:
    lines = [f"GitLab (fake)    {found['base_url']}"]
    if "client_id" in found:
        lines += [f"Client ID        {found['client_id']}", f"Client secret    {found['secret']}"]
    return "\n".join([*lines, f"Applications     {found['applications_url']}"])


if __name__ == "__main__":
    sys.exit(main())
