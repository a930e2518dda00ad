"""Values of the `Authorization` header. Pure."""

import base64


def bearer(token: str) -> str:
    """For an access token that speaks for itself."""
    return f"Bearer {token}"


def basic(name: str, secret: str) -> str:
    """For a name with a password or token. A colon in the name would be read as the end of it."""
    return f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"
