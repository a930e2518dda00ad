"""What the records of the audit log mean, in sentences. An action that is not listed here is shown as it is called."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of change, as the filter offers them."""

    ACCESS = "access"
    PACKAGES = "packages"
    SYNCHRONIZATIONS = "synchronizations"
    CREDENTIALS = "credentials"
    LOGINS = "logins"
    SETTINGS = "settings"


KIND_LABELS = {
    Kind.ACCESS: "Who may do what",
    Kind.PACKAGES: "Packages",
    Kind.SYNCHRONIZATIONS: "Synchronizations",
    Kind.CREDENTIALS: "Accounts and tokens",
    Kind.LOGINS: "Logins and sessions",
    Kind.SETTINGS: "Settings",
}

PEOPLE = ("person", "people")
TEAMS = ("team", "teams")


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence without its subject. `{target}` stands for what it was done to, `{count}` for how many `names`."""

    kind: Kind
    text: str
    names: str = ""  # the part of the details with the names that follow the sentence
    nouns: tuple[str, str] = PEOPLE


def _access(text: str, names: str = "people", nouns: tuple[str, str] = PEOPLE) -> Wording:
    return Wording(Kind.ACCESS, text, names, nouns)


WORDINGS = {
    "people_blocked": _access("found {count} blocked at the code host"),
    "people_unblocked": _access("found {count} unblocked at the code host"),
    "owners_added": _access("made {count} owner of the organization"),
    "owners_removed": _access("ended the ownership of {count}"),
    "admins_added": _access("made {count} admin of the organization"),
    "admins_removed": _access("ended the admin role of {count}"),
    "members_added": _access("added {count} to {target}"),
    "members_changed": _access("changed how {count} belong to {target}"),
    "members_removed": _access("removed {count} from {target}"),
    "teams_appeared": _access("found {count}", "teams", ("new team", "new teams")),
    "teams_gone": _access("removed {count} that the code host no longer has", "teams", ("team", "teams")),
    "repository_appeared": _access(
        "found the repository {target}, which {count} may read", "readers", ("team or person", "teams and people")
    ),
    "repository_gone": _access(
        "found the repository {target} gone, which {count} could read",
        "readers",
        ("team or person", "teams and people"),
    ),
    "readers_added": _access("let {count} read {target}", "readers", ("team or person", "teams and people")),
    "readers_changed": _access(
        "changed the role of {count} in {target}", "readers", ("team or person", "teams and people")
    ),
    "readers_removed": _access(
        "withdrew the permission of {count} to read {target}", "readers", ("team or person", "teams and people")
    ),
    "access_suspended": _access("suspended the access that {target} gives", ""),
    "access_restored": _access("restored the access that {target} gives", ""),
    "administrator_granted": _access("made {target} administrator of this installation", ""),
    "administrator_revoked": _access("took the administrator role from {target}", ""),
    "user_disabled": _access("disabled {target}", ""),
    "user_enabled": _access("enabled {target} again", ""),
    "package_added": Wording(Kind.PACKAGES, "added the package {target}"),
    "package_removed": Wording(Kind.PACKAGES, "removed the package {target}"),
    "synchronization_created": Wording(Kind.SYNCHRONIZATIONS, "connected {target}"),
    "credential_changed": Wording(Kind.SYNCHRONIZATIONS, "changed the account that synchronizes {target}"),
    "brakes_changed": Wording(Kind.SYNCHRONIZATIONS, "changed how many removals of {target} wait for confirmation"),
    "removals_held": Wording(
        Kind.SYNCHRONIZATIONS, "held back {count} of {target}", "removals", ("removal", "removals")
    ),
    "removals_confirmed": Wording(
        Kind.SYNCHRONIZATIONS, "confirmed {count} of {target}", "removals", ("removal", "removals")
    ),
    "removals_declined": Wording(
        Kind.SYNCHRONIZATIONS, "declined {count} of {target}", "removals", ("removal", "removals")
    ),
    "removals_ended": Wording(
        Kind.SYNCHRONIZATIONS,
        "needs no more confirmation: {target} has again what {count} would have taken",
        "removals",
        ("removal", "removals"),
    ),
    "account_authorized": Wording(Kind.CREDENTIALS, "allowed Repertory to act as {target}"),
    "account_blocked": Wording(Kind.CREDENTIALS, "refused a login: {target} is blocked there"),
    "account_unblocked": Wording(Kind.CREDENTIALS, "let {target} log in again"),
    "account_claimed": Wording(Kind.CREDENTIALS, "logged in as {target} for the first time"),
    "account_connected": Wording(Kind.CREDENTIALS, "connected the account {target}"),
    "account_disconnected": Wording(Kind.CREDENTIALS, "disconnected the account {target}"),
    "credential_stored": Wording(Kind.CREDENTIALS, "stored the credential {target}"),
    "credential_removed": Wording(Kind.CREDENTIALS, "removed the credential {target}"),
    "credential_paused": Wording(Kind.CREDENTIALS, "stopped using the {target}"),
    "token_created": Wording(Kind.CREDENTIALS, "made the token {target}"),
    "token_revoked": Wording(Kind.CREDENTIALS, "revoked the token {target}"),
    "logged_in": Wording(Kind.LOGINS, "logged in as {target}"),
    "login_link_made": Wording(Kind.LOGINS, "made a login link for {target}"),
    "login_link_used": Wording(Kind.LOGINS, "let {target} in"),
    "sessions_ended": Wording(Kind.LOGINS, "ended sessions of {target}"),
    "logged_out": Wording(Kind.LOGINS, "logged out"),
    "webhook_secret_shown": Wording(Kind.CREDENTIALS, "looked at the secret of the webhook of {target}"),
    "setup_code_minted": Wording(Kind.LOGINS, "made a new setup link"),
    "setup_unlocked": Wording(Kind.LOGINS, "opened the setup in a browser"),
    "setup_completed": Wording(Kind.SETTINGS, "ended Setup Mode: {target} is the administrator"),
    "organization_created": Wording(Kind.SETTINGS, "created the organization {target}"),
    "organization_renamed": Wording(Kind.SETTINGS, "renamed the organization to {target}"),
    "prefixes_changed": Wording(Kind.SETTINGS, "set the vendor names of the organization: {target}"),
    "settings_changed": Wording(Kind.SETTINGS, "changed the settings of this installation"),
    "integration_created": Wording(Kind.SETTINGS, "created the {target}"),
    "integration_changed": Wording(Kind.SETTINGS, "changed the {target}"),
    "integration_deleted": Wording(Kind.SETTINGS, "deleted the {target}"),
}


def wording_of(action: str) -> Wording:
    """How to say it; for an action without words of its own, its name and target."""
    return WORDINGS.get(action) or Wording(Kind.SETTINGS, f"{action.replace('_', ' ')} {{target}}")


def actions_of(kind: Kind) -> list[str]:
    """Every action of one kind."""
    return [action for action, wording in WORDINGS.items() if wording.kind is kind]
