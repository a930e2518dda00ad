"""All tables. One file per aggregate; imports nothing of ours but the settings."""

from models.audit import AuditEntry, AuditRecord, record_audit, record_many
from models.base import Base, UtcDateTime, utc_now
from models.composer_token import ComposerToken, TokenKind
from models.database import Database
from models.instance import Instance, InstanceState, OrganizationCreation, SetupCode, SetupSession
from models.integration import (
    AppHook,
    Credential,
    CredentialKind,
    CredentialState,
    FlowPurpose,
    Integration,
    LoginPolicy,
    OAuthFlow,
)
from models.job_run import JobRun, JobState, WorkerHeartbeat
from models.organization import Membership, MembershipSource, Organization, Team, TeamKind
from models.package import Dist, Package, PackageState, PackageUpdate, RefKind, UpdateResult, Version
from models.repository import Grant, GrantSource, ManifestState, Repository
from models.runtime import Runtime, open_runtime
from models.secrets import SecretBox, SecretUnreadable, digest_secret, load_secret_box
from models.synchronization import (
    Hold,
    HoldState,
    PartStatus,
    RunPhase,
    RunResult,
    RunScope,
    Synchronization,
    SynchronizationState,
    SyncPart,
    SyncRun,
)
from models.user import EmailAddress, Identity, IdentityState, LoginLink, Theme, User, WebSession
from models.webhook import DeliveryResult, Webhook, WebhookDelivery, WebhookState

__all__ = [
    "AppHook",
    "AuditEntry",
    "AuditRecord",
    "Base",
    "ComposerToken",
    "Credential",
    "CredentialKind",
    "CredentialState",
    "Database",
    "DeliveryResult",
    "Dist",
    "EmailAddress",
    "FlowPurpose",
    "Grant",
    "GrantSource",
    "Hold",
    "HoldState",
    "Identity",
    "IdentityState",
    "Instance",
    "InstanceState",
    "Integration",
    "JobRun",
    "JobState",
    "LoginLink",
    "LoginPolicy",
    "ManifestState",
    "Membership",
    "MembershipSource",
    "OAuthFlow",
    "Organization",
    "OrganizationCreation",
    "Package",
    "PackageState",
    "PackageUpdate",
    "PartStatus",
    "RefKind",
    "Repository",
    "RunPhase",
    "RunResult",
    "RunScope",
    "Runtime",
    "SecretBox",
    "SecretUnreadable",
    "SetupCode",
    "SetupSession",
    "SyncPart",
    "SyncRun",
    "Synchronization",
    "SynchronizationState",
    "Team",
    "TeamKind",
    "Theme",
    "TokenKind",
    "UpdateResult",
    "User",
    "UtcDateTime",
    "Version",
    "WebSession",
    "Webhook",
    "WebhookDelivery",
    "WebhookState",
    "WorkerHeartbeat",
    "digest_secret",
    "load_secret_box",
    "open_runtime",
    "record_audit",
    "record_many",
    "utc_now",
]
