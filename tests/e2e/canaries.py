"""Where secrets must not turn up."""

from tests.e2e.product import Product
from tests.e2e.story import Anybody


def assert_nothing_leaked(product: Product, people: list[Anybody]) -> None:
    """No secret that these people have had to do with is in a log, a page, a stored file, Redis or a command line.

    OAuth tokens are among them. A page may show a new token once; that page is not among those that were kept.
    """
    secrets = {name: text for person in people for name, text in person.secrets.items()}
    for person in people:
        secrets |= {f"in an address: {text}": text for text in person.watch.secrets_in_addresses}
    secrets |= {f"OAuth token {number}": text for number, text in enumerate(people[0].host.issued)}
    secrets |= {f"hook {number}": text for number, text in enumerate(people[0].host.hook_secrets())}
    kinds = {name.rstrip("0123456789 ").partition(":")[0] for name in secrets}
    assert kinds >= {"client secret", "in an address", "OAuth token", "hook"}, "the story has had secrets of all kinds"
    places = {
        "logs": product.logs(),
        "pages": "\n".join(person.watch.shown() for person in people),
        "files": product.stored_bytes().decode("latin-1"),
        "command lines": "\n".join(product.command_lines.seen),
    }
    assert all(places.values())
    leaks = [(name, place) for name, text in secrets.items() for place, shown in places.items() if text in shown]
    assert leaks == []
