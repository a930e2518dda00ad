"""How much one run may remove before a person has to confirm it: four numbers of each synchronization."""

from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from models import Synchronization, User, record_audit

NUMBERS = ("access_brake_percent", "access_brake_minimum", "package_brake_percent", "package_brake_minimum")
HIGHEST_MINIMUM = 1_000_000


def _percent(label: str, usual: int) -> IntegerField:
    right = NumberRange(min=0, max=100, message="Enter 0 to 100 percent.")
    return IntegerField(label, [InputRequired("Enter a number."), right], description=f"Usually {usual}.")


def _minimum(label: str, usual: int) -> IntegerField:
    right = NumberRange(min=0, max=HIGHEST_MINIMUM, message="Enter 0 or more.")
    return IntegerField(label, [InputRequired("Enter a number."), right], description=f"Usually {usual}.")


class BrakesForm(FlaskForm):  # type: ignore[misc]
    """Both numbers of a kind must be exceeded before its removals are held."""

    access_brake_percent = _percent("More than … percent of the memberships, or of the permissions", 30)
    access_brake_minimum = _minimum("and more than … of them", 10)
    package_brake_percent = _percent("More than … percent of the packages", 10)
    package_brake_minimum = _minimum("and more than … packages", 5)


def save_brakes(session: Session, synchronization: Synchronization, form: BrakesForm, *, user: User) -> None:
    """Take the valid form over, and note what was changed."""
    before = {name: getattr(synchronization, name) for name in NUMBERS}
    form.populate_obj(synchronization)
    changed = {name: [before[name], getattr(synchronization, name)] for name in NUMBERS}
    changed = {name: values for name, values in changed.items() if values[0] != values[1]}
    if not changed:
        return
    record_audit(
        session,
        actor=user.display_name,
        actor_user_id=user.id,
        action="brakes_changed",
        target=synchronization.remote_path,
        organization_id=synchronization.organization_id,
        details=changed,
    )
    session.flush()
