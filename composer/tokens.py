"""How our tokens look: a prefix that says what they are, 190 random bits, and a checksum. Pure.

Regular expression for secret scanners: `\\brpt[uos]_[0-9A-Za-z]{38}\\b`.
"""

import secrets
import string
import zlib

USER_PREFIX = "rptu_"
ORGANIZATION_PREFIX = "rpto_"
SETUP_PREFIX = "rpts_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 32
CHECKSUM_LENGTH = 6


def new_token(prefix: str) -> str:
    """A new token: the prefix, 32 random characters, and 6 characters of checksum over all before them."""
    start = prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return start + _checksum(start)


def is_token(text: str, *prefixes: str) -> bool:
    """Whether the text has the form of a token with one of these prefixes. Says nothing about whether it is known."""
    prefix = text[: len(USER_PREFIX)]
    if prefix not in prefixes or len(text) != len(prefix) + RANDOM_LENGTH + CHECKSUM_LENGTH:
        return False
    start, checksum = text[:-CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    return _checksum(start) == checksum


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    while number:
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits.rjust(CHECKSUM_LENGTH, ALPHABET[0])
