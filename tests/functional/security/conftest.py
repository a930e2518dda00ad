"""The organization "acme" without a host behind it."""

from tests.functional.organizations.conftest import world

__all__ = ["world"]
