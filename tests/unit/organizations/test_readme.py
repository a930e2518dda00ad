"""READMEs as HTML: a little structure, and nothing that acts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organizations.readme import render_readme


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# Title", "<h3>Title</h3>"),
        ("### Part ###", "<h4>Part</h4>"),
        ("Title\n=====", "<h3>Title</h3>"),
        ("one\ntwo", "<p>one two</p>"),
        ("* one\n  more\n* two", "<ul><li>one more</li><li>two</li></ul>"),
        ("1. one\n2. two", "<ul><li>one</li><li>two</li></ul>"),
        ("```php\n<?php echo 1;\n```", '<pre class="mono" tabindex="0">&lt;?php echo 1;</pre>'),
        ("```\nnever closed", '<pre class="mono" tabindex="0">never closed</pre>'),
        ("    indented\n\ttoo", '<pre class="mono" tabindex="0">indented\ntoo</pre>'),
        ("a `b<c` **d**", "<p>a <code>b&lt;c</code> <strong>d</strong></p>"),
        ("", ""),
    ],
)
def test_the_usual_parts_become_elements(text: str, shown: str) -> None:
    assert str(render_readme(text)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>x)</p>"),
        ('[x](https://a.test/"onclick="y)', '<a href="https://a.test/&#34;onclick=&#34;y"'),
        ("![p](https://spy.test/p.png)", ""),
        ("[![b](https://spy.test/b.svg)](https://ci.test)", ""),
    ],
)
def test_nothing_of_it_acts_or_loads_anything(text: str, shown: str) -> None:
    page = str(render_readme(text))

    assert shown in page
    assert "spy.test" not in page


@given(st.text(alphabet="<>\"'&`*[]()!#-=~ \n\tab1.:/", max_size=200))
def test_no_text_becomes_an_element_that_is_not_ours(text: str) -> None:
    page = str(render_readme(text))

    names = {part.split(">")[0].split(" ")[0].strip("/") for part in page.split("<")[1:]}
    assert names <= {"h3", "h4", "p", "ul", "li", "pre", "code", "strong", "a"}


@pytest.mark.parametrize(
    "piece", ["[", "![", "![](", "[a](b", "[a](b ", "[![](", "**a", "`a", "# #", "#", "-", "~~~", "a\n", "[a](http://b"]
)
def test_no_text_takes_long_to_read(piece: str) -> None:
    began = time.process_time()

    render_readme(f"# {piece * (60_000 // len(piece))}")

    assert time.process_time() - began < 3
