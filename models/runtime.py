"""What a running process works with: settings, database and the key for stored secrets."""

from dataclasses import dataclass

from config import Settings
from models.database import Database
from models.secrets import SecretBox, load_secret_box


@dataclass(frozen=True, slots=True)
class Runtime:
    """Passed down to views, jobs and commands; made once per process."""

    settings: Settings
    database: Database
    secret_box: SecretBox


def open_runtime(settings: Settings) -> Runtime:
    """Open the database and the secret box. Nothing is read from the database yet."""
    return Runtime(settings=settings, database=Database(settings.database_url), secret_box=load_secret_box(settings))
