"""Licenses are recognized as SPDX expressions."""

import pytest

from composer.licenses import is_license


@pytest.mark.parametrize(
    "text",
    [
        "MIT",
        "mit",
        "proprietary",
        "NONE",
        "GPL-2.0+",
        "(MIT OR GPL-2.0-only)",
        "(LGPL-2.1-only or GPL-3.0-or-later)",
        "MIT AND (Apache-2.0 OR BSD-3-Clause)",
        "GPL-2.0-or-later WITH Classpath-exception-2.0",
        "LicenseRef-Acme",
        "DocumentRef-x:LicenseRef-y",
    ],
)
def test_an_expression_is_a_license(text: str) -> None:
    assert is_license(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " MIT",
        "XXXXX",
        "(MIT",
        "MIT)",
        "()",
        "MIT OR",
        "MIT GPL-2.0-only",
        "MIT WITH",
        "MIT WITH MIT",
        "(" * 30 + "MIT" + ")" * 30,
        "MIT OR " * 100_000 + "MIT",
        "(" * 5000 + "MIT" + ")" * 5000,
    ],
)
def test_anything_else_is_not(text: str) -> None:
    assert not is_license(text)
