"""All tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "state", sa.Enum("setup", "active", name="instancestate", native_enum=False, length=40), nullable=False
        ),
        sa.Column("key_canary", sa.Text(), nullable=False),
        sa.Column(
            "organization_creation",
            sa.Enum(
                "administrators", "remote_administrators", name="organizationcreation", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("synchronization_minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("setup_completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_instance_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_table(
        "integration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("is_for_login", sa.Boolean(), nullable=False),
        sa.Column("is_for_synchronization", sa.Boolean(), nullable=False),
        sa.Column("is_for_webhooks", sa.Boolean(), nullable=False),
        sa.Column(
            "login_policy",
            sa.Enum("members", "everyone", name="loginpolicy", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("is_trusting_emails", sa.Boolean(), nullable=False),
        sa.Column("api_timeout_seconds", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_secret_sealed", sa.Text(), nullable=False),
        sa.Column("ca_certificate", sa.Text(), nullable=False),
        sa.Column("product_version", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integration")),
        sa.UniqueConstraint("slug", name=op.f("uq_integration_slug")),
    )
    op.create_table(
        "job_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("coalesce_key", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("queued", "running", "finished", "failed", name="jobstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
    )
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.create_index("ix_job_run_due", ["state", "run_after"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_run_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(
            "uq_job_run_coalesce_key",
            ["coalesce_key"],
            unique=True,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )

    op.create_table(
        "setup_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_setup_code_digest")),
    )
    op.create_table(
        "setup_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip_address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_setup_session_digest")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column(
            "theme", sa.Enum("auto", "light", "dark", name="theme", native_enum=False, length=40), nullable=False
        ),
        sa.Column("is_administrator", sa.Boolean(), nullable=False),
        sa.Column("administrator_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("administrator_granted_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
    )
    op.create_table(
        "worker_heartbeat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_heartbeat")),
    )
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("integration_id", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("web_url", sa.Text(), nullable=False),
        sa.Column("avatar_url", sa.Text(), nullable=False),
        sa.Column(
            "state", sa.Enum("active", "blocked", name="identitystate", native_enum=False, length=40), nullable=False
        ),
        sa.Column("is_external", sa.Boolean(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_identity_integration_id_integration")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_identity_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("integration_id", "remote_id", name=op.f("uq_identity_integration_id_remote_id")),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_user_id"), ["user_id"], unique=False)

    op.create_table(
        "login_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_login_link_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_login_link_digest")),
    )
    op.create_table(
        "organization",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owned_prefixes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_user_id"], ["user_account.id"], name=op.f("fk_organization_created_by_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("short_name", name=op.f("uq_organization_short_name")),
    )
    op.create_table(
        "audit_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_user_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("ip_address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_user_id"], ["user_account.id"], name=op.f("fk_audit_record_actor_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_audit_record_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_record")),
    )
    with op.batch_alter_table("audit_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_record_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "composer_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", sa.Enum("user", "organization", name="tokenkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_from", sa.Text(), nullable=False),
        sa.Column("last_used_with", sa.Text(), nullable=False),
        sa.CheckConstraint("(user_id IS NULL) <> (organization_id IS NULL)", name=op.f("ck_composer_token_one_owner")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_composer_token_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_composer_token_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_composer_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_composer_token_digest")),
    )
    with op.batch_alter_table("composer_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_composer_token_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_composer_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "credential",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("oauth", "access_token", name="credentialkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("integration_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("access_token_sealed", sa.Text(), nullable=False),
        sa.Column("refresh_token_sealed", sa.Text(), nullable=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("obtained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum("ok", "needs_reconnect", name="credentialstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("refresh_lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_credential_identity_id_identity")),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_credential_integration_id_integration")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_credential_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("identity_id", name=op.f("uq_credential_identity_id")),
        sa.UniqueConstraint("place", name=op.f("uq_credential_place")),
    )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credential_integration_id"), ["integration_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_credential_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "email_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_email_address_identity_id_identity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_address")),
        sa.UniqueConstraint("identity_id", "address", name=op.f("uq_email_address_identity_id_address")),
    )
    op.create_table(
        "web_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_web_session_identity_id_identity")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_web_session_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_web_session_digest")),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index("ix_web_session_user_id", ["user_id"], unique=False)

    op.create_table(
        "oauth_flow",
        sa.Column("state_digest", sa.Text(), nullable=False),
        sa.Column("web_session_id", sa.Integer(), nullable=False),
        sa.Column("setup_session_id", sa.Integer(), nullable=True),
        sa.Column("integration_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "login",
                "link",
                "reauthenticate",
                "authorize",
                "test",
                "claim_admin",
                name="flowpurpose",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("token_endpoint", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("code_verifier_sealed", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("next_path", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_oauth_flow_integration_id_integration")
        ),
        sa.ForeignKeyConstraint(
            ["setup_session_id"],
            ["setup_session.id"],
            name=op.f("fk_oauth_flow_setup_session_id_setup_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_oauth_flow_user_id_user_account")),
        sa.ForeignKeyConstraint(
            ["web_session_id"],
            ["web_session.id"],
            name=op.f("fk_oauth_flow_web_session_id_web_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("state_digest", name=op.f("pk_oauth_flow")),
    )
    with op.batch_alter_table("oauth_flow", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_oauth_flow_web_session_id"), ["web_session_id"], unique=False)

    op.create_table(
        "synchronization",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("integration_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.Integer(), nullable=True),
        sa.Column("remote_kind", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("remote_name", sa.Text(), nullable=False),
        sa.Column("remote_path", sa.Text(), nullable=False),
        sa.Column("remote_url", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "ok",
                "degraded",
                "needs_credential",
                "remote_missing",
                name="synchronizationstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_seq", sa.Integer(), nullable=False),
        sa.Column("started_seq", sa.Integer(), nullable=False),
        sa.Column("running_run_id", sa.Integer(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_user_id"], ["user_account.id"], name=op.f("fk_synchronization_created_by_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_synchronization_credential_id_credential")
        ),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_synchronization_integration_id_integration")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_synchronization_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synchronization")),
        sa.UniqueConstraint(
            "organization_id",
            "integration_id",
            "remote_id",
            name=op.f("uq_synchronization_organization_id_integration_id_remote_id"),
        ),
    )
    with op.batch_alter_table("synchronization", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_synchronization_integration_id"), ["integration_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_synchronization_next_run_at"), ["next_run_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_synchronization_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(
            "uq_synchronization_primary",
            ["organization_id"],
            unique=True,
            sqlite_where=sa.text("is_primary"),
            postgresql_where=sa.text("is_primary"),
        )

    op.create_table(
        "repository",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("synchronization_id", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("remote_team_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("web_url", sa.Text(), nullable=False),
        sa.Column("clone_url", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("code_access", sa.Text(), nullable=False),
        sa.Column("default_branch", sa.Text(), nullable=True),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("is_pending_deletion", sa.Boolean(), nullable=False),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "manifest_state",
            sa.Enum("unknown", "present", "absent", "broken", name="manifeststate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("manifest_name", sa.Text(), nullable=False),
        sa.Column("manifest_reason", sa.Text(), nullable=False),
        sa.Column("manifest_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("excluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("excluded_by", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_repository_synchronization_id_synchronization"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repository")),
        sa.UniqueConstraint("synchronization_id", "remote_id", name=op.f("uq_repository_synchronization_id_remote_id")),
    )
    op.create_table(
        "sync_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("synchronization_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.Integer(), nullable=True),
        sa.Column(
            "phase",
            sa.Enum(
                "waiting",
                "read",
                "check",
                "plan",
                "apply",
                "follow_up",
                "done",
                name="runphase",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("progress_done", sa.Integer(), nullable=False),
        sa.Column("progress_total", sa.Integer(), nullable=True),
        sa.Column("request_count", sa.Integer(), nullable=False),
        sa.Column("job_run_id", sa.Integer(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("phase_times", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column(
            "result",
            sa.Enum(
                "ok", "degraded", "failed", "postponed", "interrupted", name="runresult", native_enum=False, length=40
            ),
            nullable=True,
        ),
        sa.Column("error_code", sa.Text(), nullable=False),
        sa.Column("error_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_sync_run_credential_id_credential")
        ),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_sync_run_synchronization_id_synchronization"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
        sa.UniqueConstraint("synchronization_id", "number", name=op.f("uq_sync_run_synchronization_id_number")),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("owners", "admins", "synchronized", "local", name="teamkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("synchronization_id", sa.Integer(), nullable=True),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("remote_parent_id", sa.Text(), nullable=True),
        sa.Column("remote_path", sa.Text(), nullable=False),
        sa.Column("remote_url", sa.Text(), nullable=False),
        sa.Column("role_key", sa.Text(), nullable=False),
        sa.Column("role_name", sa.Text(), nullable=False),
        sa.Column("role_level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_team_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["synchronization_id"], ["synchronization.id"], name=op.f("fk_team_synchronization_id_synchronization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint(
            "synchronization_id", "remote_id", "role_key", name=op.f("uq_team_synchronization_id_remote_id_role_key")
        ),
    )
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_team_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_team_synchronization_id"), ["synchronization_id"], unique=False)
        batch_op.create_index(
            "uq_team_built_in",
            ["organization_id", "kind"],
            unique=True,
            sqlite_where=sa.text("kind IN ('owners', 'admins')"),
            postgresql_where=sa.text("kind IN ('owners', 'admins')"),
        )

    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("synchronization_id", sa.Integer(), nullable=True),
        sa.Column(
            "source",
            sa.Enum("local", "direct", "inherited", name="membershipsource", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(identity_id IS NULL) <> (user_id IS NULL)", name=op.f("ck_membership_one_person")),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_membership_identity_id_identity")),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_membership_synchronization_id_synchronization"),
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_membership_team_id_team"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_membership_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("team_id", "identity_id", name=op.f("uq_membership_team_id_identity_id")),
        sa.UniqueConstraint("team_id", "user_id", name=op.f("uq_membership_team_id_user_id")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_identity_id"), ["identity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_synchronization_id"), ["synchronization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_user_id"), ["user_id"], unique=False)

    op.create_table(
        "package",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("repository_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("package_type", sa.Text(), nullable=False),
        sa.Column("readme", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending", "active", "conflict", "failing", "removed", name="packagestate", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("is_abandoned", sa.Boolean(), nullable=False),
        sa.Column("replacement", sa.Text(), nullable=False),
        sa.Column("requested_seq", sa.Integer(), nullable=False),
        sa.Column("started_seq", sa.Integer(), nullable=False),
        sa.Column("running_update_id", sa.Integer(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refs_digest", sa.Text(), nullable=False),
        sa.Column("metadata_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_package_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["repository_id"], ["repository.id"], name=op.f("fk_package_repository_id_repository")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package")),
    )
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_package_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_package_repository_id"), ["repository_id"], unique=False)
        batch_op.create_index(
            "uq_package_name",
            ["organization_id", "name"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('conflict', 'removed')"),
            postgresql_where=sa.text("state NOT IN ('conflict', 'removed')"),
        )
        batch_op.create_index(
            "uq_package_repository",
            ["repository_id", "name"],
            unique=True,
            sqlite_where=sa.text("state <> 'removed'"),
            postgresql_where=sa.text("state <> 'removed'"),
        )

    op.create_table(
        "repository_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("synchronization_id", sa.Integer(), nullable=False),
        sa.Column("repository_id", sa.Integer(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "team", "direct", "inherited", "base", "visibility", name="grantsource", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("role_name", sa.Text(), nullable=False),
        sa.Column("role_level", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("team_id IS NULL OR identity_id IS NULL", name=op.f("ck_repository_grant_one_subject")),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_repository_grant_identity_id_identity")
        ),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["repository.id"],
            name=op.f("fk_repository_grant_repository_id_repository"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_repository_grant_synchronization_id_synchronization"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_repository_grant_team_id_team"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repository_grant")),
    )
    with op.batch_alter_table("repository_grant", schema=None) as batch_op:
        batch_op.create_index("ix_repository_grant_identity", ["identity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_repository_grant_repository_id"), ["repository_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_repository_grant_synchronization_id"), ["synchronization_id"], unique=False
        )
        batch_op.create_index("ix_repository_grant_team", ["team_id"], unique=False)
        batch_op.create_index(
            "uq_repository_grant_everybody",
            ["repository_id", "source"],
            unique=True,
            sqlite_where=sa.text("team_id IS NULL AND identity_id IS NULL"),
            postgresql_where=sa.text("team_id IS NULL AND identity_id IS NULL"),
        )
        batch_op.create_index(
            "uq_repository_grant_identity",
            ["repository_id", "source", "identity_id"],
            unique=True,
            sqlite_where=sa.text("identity_id IS NOT NULL"),
            postgresql_where=sa.text("identity_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_repository_grant_team",
            ["repository_id", "source", "team_id"],
            unique=True,
            sqlite_where=sa.text("team_id IS NOT NULL"),
            postgresql_where=sa.text("team_id IS NOT NULL"),
        )

    op.create_table(
        "sync_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("complete", "unknown", "gone", name="partstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sync_run.id"], name=op.f("fk_sync_part_run_id_sync_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_part")),
        sa.UniqueConstraint("run_id", "key", name=op.f("uq_sync_part_run_id_key")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("synchronization_id", sa.Integer(), nullable=False),
        sa.Column("repository_id", sa.Integer(), nullable=True),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("pending", "active", "failed", "removed", name="webhookstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("has_signed", sa.Boolean(), nullable=False),
        sa.Column("last_delivery_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repository.id"], name=op.f("fk_webhook_repository_id_repository"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_webhook_synchronization_id_synchronization"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("public_id", name=op.f("uq_webhook_public_id")),
        sa.UniqueConstraint(
            "synchronization_id", "repository_id", name=op.f("uq_webhook_synchronization_id_repository_id")
        ),
    )
    with op.batch_alter_table("webhook", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_synchronization_id"), ["synchronization_id"], unique=False)

    op.create_table(
        "dist",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("sha1", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("builder_version", sa.Integer(), nullable=False),
        sa.Column("is_of_tag", sa.Boolean(), nullable=False),
        sa.Column("last_named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name=op.f("fk_dist_package_id_package")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dist")),
        sa.UniqueConstraint("package_id", "reference", name=op.f("uq_dist_package_id_reference")),
    )
    with op.batch_alter_table("dist", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dist_package_id"), ["package_id"], unique=False)

    op.create_table(
        "package_update",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("job_run_id", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "result",
            sa.Enum("changed", "unchanged", "failed", "interrupted", name="updateresult", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["package_id"], ["package.id"], name=op.f("fk_package_update_package_id_package"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_update")),
    )
    with op.batch_alter_table("package_update", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_package_update_package_id"), ["package_id"], unique=False)

    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("body_digest", sa.Text(), nullable=False),
        sa.Column("body_excerpt", sa.Text(), nullable=False),
        sa.Column(
            "result",
            sa.Enum(
                "accepted", "duplicate", "ignored", "processed", name="deliveryresult", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("repeat_count", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id_webhook"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("webhook_id", "key", name=op.f("uq_webhook_delivery_webhook_id_key")),
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_delivery_webhook_id"), ["webhook_id"], unique=False)

    op.create_table(
        "package_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("normalized", sa.Text(), nullable=False),
        sa.Column("ref_kind", sa.Enum("tag", "branch", name="refkind", native_enum=False, length=40), nullable=False),
        sa.Column("ref_name", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("is_default_branch", sa.Boolean(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("dist_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dist_id"], ["dist.id"], name=op.f("fk_package_version_dist_id_dist")),
        sa.ForeignKeyConstraint(
            ["package_id"], ["package.id"], name=op.f("fk_package_version_package_id_package"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_version")),
        sa.UniqueConstraint("package_id", "normalized", name=op.f("uq_package_version_package_id_normalized")),
    )
    with op.batch_alter_table("package_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_package_version_package_id"), ["package_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("package_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_package_version_package_id"))

    op.drop_table("package_version")
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_delivery_webhook_id"))

    op.drop_table("webhook_delivery")
    with op.batch_alter_table("package_update", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_package_update_package_id"))

    op.drop_table("package_update")
    with op.batch_alter_table("dist", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dist_package_id"))

    op.drop_table("dist")
    with op.batch_alter_table("webhook", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_synchronization_id"))

    op.drop_table("webhook")
    op.drop_table("sync_part")
    with op.batch_alter_table("repository_grant", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_repository_grant_team",
            sqlite_where=sa.text("team_id IS NOT NULL"),
            postgresql_where=sa.text("team_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_repository_grant_identity",
            sqlite_where=sa.text("identity_id IS NOT NULL"),
            postgresql_where=sa.text("identity_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_repository_grant_everybody",
            sqlite_where=sa.text("team_id IS NULL AND identity_id IS NULL"),
            postgresql_where=sa.text("team_id IS NULL AND identity_id IS NULL"),
        )
        batch_op.drop_index("ix_repository_grant_team")
        batch_op.drop_index(batch_op.f("ix_repository_grant_synchronization_id"))
        batch_op.drop_index(batch_op.f("ix_repository_grant_repository_id"))
        batch_op.drop_index("ix_repository_grant_identity")

    op.drop_table("repository_grant")
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_package_repository",
            sqlite_where=sa.text("state <> 'removed'"),
            postgresql_where=sa.text("state <> 'removed'"),
        )
        batch_op.drop_index(
            "uq_package_name",
            sqlite_where=sa.text("state NOT IN ('conflict', 'removed')"),
            postgresql_where=sa.text("state NOT IN ('conflict', 'removed')"),
        )
        batch_op.drop_index(batch_op.f("ix_package_repository_id"))
        batch_op.drop_index(batch_op.f("ix_package_organization_id"))

    op.drop_table("package")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_user_id"))
        batch_op.drop_index(batch_op.f("ix_membership_synchronization_id"))
        batch_op.drop_index(batch_op.f("ix_membership_identity_id"))

    op.drop_table("membership")
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_team_built_in",
            sqlite_where=sa.text("kind IN ('owners', 'admins')"),
            postgresql_where=sa.text("kind IN ('owners', 'admins')"),
        )
        batch_op.drop_index(batch_op.f("ix_team_synchronization_id"))
        batch_op.drop_index(batch_op.f("ix_team_organization_id"))

    op.drop_table("team")
    op.drop_table("sync_run")
    op.drop_table("repository")
    with op.batch_alter_table("synchronization", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_synchronization_primary", sqlite_where=sa.text("is_primary"), postgresql_where=sa.text("is_primary")
        )
        batch_op.drop_index(batch_op.f("ix_synchronization_organization_id"))
        batch_op.drop_index(batch_op.f("ix_synchronization_next_run_at"))
        batch_op.drop_index(batch_op.f("ix_synchronization_integration_id"))

    op.drop_table("synchronization")
    with op.batch_alter_table("oauth_flow", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oauth_flow_web_session_id"))

    op.drop_table("oauth_flow")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index("ix_web_session_user_id")

    op.drop_table("web_session")
    op.drop_table("email_address")
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credential_organization_id"))
        batch_op.drop_index(batch_op.f("ix_credential_integration_id"))

    op.drop_table("credential")
    with op.batch_alter_table("composer_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_composer_token_user_id"))
        batch_op.drop_index(batch_op.f("ix_composer_token_organization_id"))

    op.drop_table("composer_token")
    with op.batch_alter_table("audit_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_record_organization_id"))

    op.drop_table("audit_record")
    op.drop_table("organization")
    op.drop_table("login_link")
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_user_id"))

    op.drop_table("identity")
    op.drop_table("worker_heartbeat")
    op.drop_table("user_account")
    op.drop_table("setup_session")
    op.drop_table("setup_code")
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_job_run_coalesce_key",
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.drop_index(batch_op.f("ix_job_run_organization_id"))
        batch_op.drop_index("ix_job_run_due")

    op.drop_table("job_run")
    op.drop_table("integration")
    op.drop_table("instance")
