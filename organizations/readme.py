"""Show a README safely: the few parts of Markdown that most of them use become elements, all else stays text. Pure.

Nothing of the input is ever markup: every piece of text is escaped, links lead to http and https only, and pictures
are left out, because a page of ours never loads anything from elsewhere.
"""

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from web.filters import is_web_url

LONGEST = 60_000
FENCE = re.compile(r"^(```|~~~)")
HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
UNDERLINE = re.compile(r"^(=+|-{3,})\s*$")
INDENTED = re.compile(r"^(?: {4}|\t)")
ITEM = re.compile(r"^\s{0,3}(?:[-*+]|\d{1,3}[.)])\s+(.*)$")
# Lengths are bounded and repetitions keep what they took: whatever the text, reading it takes linear time.
PICTURE = re.compile(r"\[?!\[[^\]]{0,300}+\]\([^)]{0,1000}+\)(?:\]\([^)]{0,1000}+\))?")
INLINE = re.compile(
    r"`([^`]+)`|\[([^\]]{1,300}+)\]\(([^)\s]{1,1000}+)[^)]{0,300}+\)|\*\*([^*]+)\*\*",
)


def render_readme(text: str) -> Markup:
    """A README as HTML; empty for an empty one."""
    lines = PICTURE.sub("", text[:LONGEST]).splitlines()
    return Markup("\n").join(_blocks(lines))


def _blocks(lines: list[str]) -> Iterator[Markup]:
    position = 0
    while position < len(lines):
        line = lines[position]
        following = lines[position + 1] if position + 1 < len(lines) else ""
        heading = HEADING.match(line)
        if FENCE.match(line):
            position, block = _code(lines, position)
            yield block
        elif not line.strip():
            position += 1
        elif INDENTED.match(line):
            position, block = _indented(lines, position)
            yield block
        elif heading:
            position += 1
            yield _heading(len(heading[1]), heading[2].rstrip().rstrip("#").rstrip())
        elif UNDERLINE.match(following) and not ITEM.match(line):
            position += 2
            yield _heading(1 if following.startswith("=") else 2, line.strip())
        elif ITEM.match(line):
            position, block = _list(lines, position)
            yield block
        else:
            position, block = _paragraph(lines, position)
            yield block


def _code(lines: list[str], start: int) -> tuple[int, Markup]:
    fence = lines[start][:3]
    end = next((index for index in range(start + 1, len(lines)) if lines[index].startswith(fence)), len(lines))
    return end + 1, Markup('<pre class="mono" tabindex="0">{}</pre>').format("\n".join(lines[start + 1 : end]))


def _indented(lines: list[str], start: int) -> tuple[int, Markup]:
    end = next((index for index in range(start, len(lines)) if not INDENTED.match(lines[index])), len(lines))
    code = "\n".join(INDENTED.sub("", line) for line in lines[start:end])
    return end, Markup('<pre class="mono" tabindex="0">{}</pre>').format(code)


def _heading(level: int, text: str) -> Markup:
    frame = Markup("<h3>{}</h3>") if level <= 2 else Markup("<h4>{}</h4>")  # the page has the higher ones
    return frame.format(_inline(text))


def _list(lines: list[str], start: int) -> tuple[int, Markup]:
    items: list[str] = []
    position = start
    while position < len(lines) and lines[position].strip():
        found = ITEM.match(lines[position])
        if found:
            items.append(found[1])
        elif items:
            items[-1] += f" {lines[position].strip()}"
        position += 1
    return position, Markup("<ul>{}</ul>").format(
        Markup("").join(Markup("<li>{}</li>").format(_inline(i)) for i in items)
    )


def _paragraph(lines: list[str], start: int) -> tuple[int, Markup]:
    end = start
    while end < len(lines) and lines[end].strip() and not FENCE.match(lines[end]) and not HEADING.match(lines[end]):
        end += 1
    return end, Markup("<p>{}</p>").format(_inline(" ".join(line.strip() for line in lines[start:end])))


def _inline(text: str) -> Markup:
    parts, position = [], 0
    for found in INLINE.finditer(text):
        parts += [escape(text[position : found.start()]), _element(found)]
        position = found.end()
    return Markup("").join([*parts, escape(text[position:])])


def _element(found: re.Match[str]) -> Markup:
    code, label, url, strong = found.groups()
    if code is not None:
        return Markup("<code>{}</code>").format(code)
    if strong is not None:
        return Markup("<strong>{}</strong>").format(strong)
    if not is_web_url(url):
        return escape(label)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(url, label)
