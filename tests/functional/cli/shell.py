"""The `repertory` command on one instance, and a small company in it."""

from click.testing import CliRunner, Result
from sqlalchemy import select

import cli
from models import Identity, Integration, Membership, MembershipSource, Package, PackageState, Runtime
from tests.functional.rows import add_integration, add_organization, add_synchronization, add_user


class Shell:
    """Runs commands with the environment of one instance."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self.environment = {
            "REPERTORY_DATA_DIR": str(settings.data_dir),
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
        }

    def __call__(self, *arguments: str, **environment: str) -> Result:
        """Run `repertory ARGUMENTS…`."""
        return CliRunner().invoke(cli.repertory, arguments, env=self.environment | environment)


def add_people(runtime: Runtime) -> Integration:
    """Ann, who has logged in, and Bob, who has not."""
    with runtime.database.write() as session:
        integration = add_integration(session, runtime.secret_box)
        add_user(session, integration, "ann")
        session.add(Identity(integration_id=integration.id, remote_id="2", login="bob", display_name="Bob"))
    return integration


def add_company(runtime: Runtime) -> int:
    """The organization acme, which ann owns, with one synchronization; returns the synchronization's id."""
    integration = add_people(runtime)
    with runtime.database.write() as session:
        organization = add_organization(session)
        ann = session.scalars(select(Identity).where(Identity.login == "ann")).one()
        owners = Membership(team_id=organization.teams[0].id, identity_id=ann.id, source=MembershipSource.DIRECT)
        package = Package(organization_id=organization.id, name="acme/http", state=PackageState.ACTIVE)
        session.add_all([owners, package])
        return add_synchronization(session, organization, integration).id
