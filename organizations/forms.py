"""Forms of the organization pages."""

from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.validators import DataRequired, Length


class AddSynchronizationForm(FlaskForm):  # type: ignore[misc]
    """Which remote organization is followed, as "slug:remote id"."""

    remote = RadioField("Follows", choices=[], validate_choice=False, default="")


class NewOrganizationForm(AddSynchronizationForm):
    """A new organization: what it is called, and which remote one it follows ("" for an empty one)."""

    name = StringField("Name", [DataRequired("Give the organization a name."), Length(max=100)])
    short_name = StringField(
        "Short name",
        [DataRequired("Give the organization a short name.")],
        description="Part of the address that Composer uses: 2 to 40 lower-case letters, digits and hyphens. "
        "It can not be changed later.",
    )


class NameForm(FlaskForm):  # type: ignore[misc]
    """What an organization is called."""

    name = StringField("Name", [DataRequired("Give the organization a name."), Length(max=100)])
