"""The fixtures of the administration: a fresh installation beside a fake GitLab."""

from tests.functional.admin.conftest import app, gitlab, owner, page, runtime

__all__ = ["app", "gitlab", "owner", "page", "runtime"]
