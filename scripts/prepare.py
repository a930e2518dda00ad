"""What precedes a start, in one process because loading the application takes most of the time.

Brings the database to the newest revision, then prints the setup link if there is none yet.
"""

import sys

from click import ClickException

from cli import repertory

COMMANDS = (("db", "upgrade"), ("setup-link", "--if-needed"))


def main() -> int:
    """Run the commands one after the other, until one fails. Returns the exit code."""
    try:
        for command in COMMANDS:
            repertory(list(command), prog_name="repertory", standalone_mode=False)
    except ClickException as error:
        error.show()
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
