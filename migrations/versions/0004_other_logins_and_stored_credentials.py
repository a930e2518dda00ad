"""OAuth 1 for old Bitbucket servers, credentials that are stored for organizations, and webhooks of GitHub Apps."""

import sqlalchemy as sa
from alembic import op

from models.base import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("integration", recreate="never") as batch:
        batch.add_column(sa.Column("oauth_version", sa.Integer(), nullable=False, server_default="2"))
        batch.add_column(sa.Column("is_draft", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("credential", recreate="never") as batch:
        batch.add_column(sa.Column("username", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("remote_id", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "app_hook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("integration_id", sa.Integer(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("last_delivery_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integration.id"], name=op.f("fk_app_hook_integration_id_integration")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_hook")),
        sa.UniqueConstraint("public_id", name=op.f("uq_app_hook_public_id")),
        sa.UniqueConstraint("integration_id", "app_id", name=op.f("uq_app_hook_integration_id_app_id")),
    )
    op.create_index(op.f("ix_app_hook_integration_id"), "app_hook", ["integration_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("app_hook")
    with op.batch_alter_table("credential", recreate="never") as batch:
        batch.drop_column("remote_id")
        batch.drop_column("username")
    with op.batch_alter_table("integration", recreate="never") as batch:
        batch.drop_column("is_draft")
        batch.drop_column("oauth_version")
