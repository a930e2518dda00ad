"""The instance state moves only forward: the database itself refuses to go back to Setup Mode.

A later migration that rebuilds the table `instance` on SQLite must make the trigger again.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = """
CREATE TRIGGER instance_never_back BEFORE UPDATE OF state ON instance
WHEN OLD.state = 'active' AND NEW.state <> 'active'
BEGIN SELECT RAISE(ABORT, 'the instance state moves only forward'); END
"""
POSTGRESQL_FUNCTION = """
CREATE FUNCTION instance_never_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the instance state moves only forward' USING ERRCODE = 'check_violation'; END $$
"""
POSTGRESQL_TRIGGER = """
CREATE TRIGGER instance_never_back BEFORE UPDATE OF state ON instance FOR EACH ROW
WHEN (OLD.state = 'active' AND NEW.state <> 'active') EXECUTE FUNCTION instance_never_back()
"""


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(SQLITE)
    else:
        op.execute(POSTGRESQL_FUNCTION)
        op.execute(POSTGRESQL_TRIGGER)


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER instance_never_back")
    else:
        op.execute("DROP TRIGGER instance_never_back ON instance")
        op.execute("DROP FUNCTION instance_never_back")
