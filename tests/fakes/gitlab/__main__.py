"""Run a fake GitLab by itself: `python -m tests.fakes.gitlab --port 8929 --company small`."""

import argparse
import json
import signal
import sys
import threading
from hashlib import sha256
from pathlib import Path

from tests.fakes.company import large_company, random_company, small_company

from .building import ClientCredentials
from .fake import FakeGitLab
from .keeping import load, save

COMPANIES = ("small", "large", "random", "none")


def main() -> int:
    options = _options()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with _fake(options) as fake:
        kept = Path(options.keep) if options.keep else None
        if kept is None or not load(fake.core, kept):
            _fill(fake, options)
        found = _facts(fake, options)
        if options.ready_file:
            _write_atomically(Path(options.ready_file), json.dumps(found))
        print(_text(found), flush=True)
        stop.wait()
        if kept is not None:
            save(fake.core, kept)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.gitlab", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--base-url", help="how the server names itself; its path is the prefix")
    parser.add_argument("--company", choices=COMPANIES, default="small")
    parser.add_argument("--seed", type=int, default=1, help="of --company random")
    parser.add_argument("--groups", type=int, default=50, help="of --company large")
    parser.add_argument("--projects", type=int, default=1000, help="of --company large")
    parser.add_argument("--members", type=int, default=1000, help="of --company large")
    parser.add_argument("--redirect-uri", action="append", default=[], help="make an application with these")
    parser.add_argument("--steady", metavar="WORD", help="derive the application's id and secret from a word")
    parser.add_argument("--keep", metavar="FILE", help="save the world there at the end, and begin with it next time")
    parser.add_argument("--version", default="18.5.0-ee")
    parser.add_argument("--free", action="store_true", help="an edition without group hooks")
    parser.add_argument("--allow-control", action="store_true", help="open the endpoints below /_fake/")
    parser.add_argument("--certfile", help="serve https with this certificate")
    parser.add_argument("--keyfile")
    parser.add_argument("--ready-file", help="write the facts there as JSON once the server answers")
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
    client = ClientCredentials(_derived(word, "id"), f"gloas-{_derived(word, 'secret')}")
    kept = fake.state.application_by(client.client_id)
    if kept is not None:
        kept.redirect_uris = tuple(redirect_uris)
        return client
    return fake.application(redirect_uri=redirect_uris, client_id=client.client_id, secret=client.secret)


def _derived(word: str, purpose: str) -> str:
    return sha256(f"{purpose}:{word}".encode()).hexdigest()


def _text(found: dict[str, str]) -> str:
    lines = [f"GitLab (fake)    {found['base_url']}"]
    if "client_id" in found:
        lines += [f"Client ID        {found['client_id']}", f"Client secret    {found['secret']}"]
    return "\n".join([*lines, f"Applications     {found['applications_url']}"])


def _write_atomically(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text)
    fresh.replace(path)


if __name__ == "__main__":
    sys.exit(main())
