"""What the synchronization engine keeps: scopes of runs, budgets, held removals; and an audit log that only grows.

A later migration that rebuilds the table `audit_record` on SQLite must make the triggers again.
"""

import sqlalchemy as sa
from alembic import op

from models.base import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AUDIT_ACTIONS = ("UPDATE", "DELETE")
AUDIT_FUNCTION = """
CREATE FUNCTION audit_record_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit records are never changed' USING ERRCODE = 'check_violation'; END $$
"""


def _choice(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


def upgrade() -> None:
    """Apply."""
    _add_columns()
    _add_holds()
    _protect_audit_records()


def _add_columns() -> None:
    with op.batch_alter_table("instance", recreate="never") as batch:
        batch.add_column(sa.Column("full_synchronization_hours", sa.Integer(), nullable=False, server_default="20"))
        batch.add_column(sa.Column("remote_missing_hours", sa.Integer(), nullable=False, server_default="72"))
    with op.batch_alter_table("synchronization", recreate="never") as batch:
        for name in ("next_full_at", "missing_since", "suspended_at"):
            batch.add_column(sa.Column(name, UtcDateTime(timezone=True), nullable=True))
        brakes = {"access_brake_percent": 30, "access_brake_minimum": 10}
        brakes |= {"package_brake_percent": 10, "package_brake_minimum": 5}
        for name, default in brakes.items():
            batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default=str(default)))
    with op.batch_alter_table("sync_run", recreate="never") as batch:
        scope = _choice("full", "cheap", "person", "preview", name="runscope")
        batch.add_column(sa.Column("scope", scope, nullable=False, server_default="full"))
        batch.add_column(sa.Column("account_id", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("not_modified_count", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("retry_count", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("rate_limit", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("rate_remaining", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("rate_resets_at", UtcDateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("held", sa.JSON(), nullable=False, server_default="[]"))
    op.execute("DELETE FROM sync_part")  # only reports of old runs hang on it
    with op.batch_alter_table("sync_part", recreate="never") as batch:
        batch.drop_column("item_count")
        batch.add_column(sa.Column("items", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(
            sa.Column("read_at", UtcDateTime(timezone=True), nullable=False, server_default="2000-01-01 00:00:00+00:00")
        )
        batch.add_column(sa.Column("confirmed_at", UtcDateTime(timezone=True), nullable=True))


def _add_holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("synchronization_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("state", _choice("open", "approved", "declined", "ended", name="holdstate"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("removals", sa.JSON(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_by_user_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["user_account.id"], name=op.f("fk_hold_decided_by_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_hold_run_id_sync_run"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_hold_synchronization_id_synchronization"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index(op.f("ix_hold_synchronization_id"), "hold", ["synchronization_id"])
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_hold_open", "hold", ["synchronization_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )


def _protect_audit_records() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(AUDIT_FUNCTION)
    for action in AUDIT_ACTIONS:
        if op.get_bind().dialect.name == "sqlite":
            body = "BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END"
        else:
            body = "FOR EACH ROW EXECUTE FUNCTION audit_record_only_grows()"
        op.execute(f"CREATE TRIGGER audit_record_no_{action.lower()} BEFORE {action} ON audit_record {body}")


def downgrade() -> None:
    """Take back."""
    _unprotect_audit_records()
    op.drop_table("hold")
    with op.batch_alter_table("sync_part", recreate="never") as batch:
        for name in ("confirmed_at", "read_at", "items"):
            batch.drop_column(name)
        batch.add_column(sa.Column("item_count", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("sync_run", recreate="never") as batch:
        for name in ("held", "rate_resets_at", "rate_remaining", "rate_limit", "retry_count", "not_modified_count"):
            batch.drop_column(name)
        batch.drop_column("account_id")
        batch.drop_column("scope")
    with op.batch_alter_table("synchronization", recreate="never") as batch:
        for name in ("package_brake_minimum", "package_brake_percent", "access_brake_minimum", "access_brake_percent"):
            batch.drop_column(name)
        for name in ("suspended_at", "missing_since", "next_full_at"):
            batch.drop_column(name)
    with op.batch_alter_table("instance", recreate="never") as batch:
        batch.drop_column("remote_missing_hours")
        batch.drop_column("full_synchronization_hours")


def _unprotect_audit_records() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for action in AUDIT_ACTIONS:
        op.execute(f"DROP TRIGGER audit_record_no_{action.lower()}" + ("" if is_sqlite else " ON audit_record"))
    if not is_sqlite:
        op.execute("DROP FUNCTION audit_record_only_grows()")
