"""Whether the web process of this container answers. Asked by the container engine."""

import sys
from http.client import HTTPConnection, HTTPException

from config import Settings


def main() -> int:
    """0 when /healthz answers 200."""
    settings = Settings.from_env()
    connection = HTTPConnection("127.0.0.1", int(settings.bind.rpartition(":")[2]), timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": settings.base.netloc})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        print(f"no answer: {error}")
        return 1
    finally:
        connection.close()
    print(status)
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
