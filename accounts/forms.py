"""Forms of the account pages."""

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length

from accounts.composer_tokens import LIVES

LIFE_WORDS = {"30": "30 days", "90": "90 days", "365": "1 year", "never": "No end"}


class TokenForm(FlaskForm):  # type: ignore[misc]
    """A new personal Composer token."""

    name = StringField(
        "Name",
        description="Where it will be used, for example “laptop” or “CI of acme/website”.",
        validators=[DataRequired("Give the token a name, so that you recognize it later."), Length(max=80)],
    )
    life = SelectField(
        "Expires after",
        choices=[SelectChoice(key, LIFE_WORDS[key]) for key in LIVES],
        default="365",
        validators=[DataRequired()],
    )
