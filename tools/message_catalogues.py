"""Translations: texts are collected from the sources into each app's .po file and compiled into .mo files.

Neither needs gettext on the machine. Texts in the sources are English; they are translated by hand in the .po file of
the app that shows them: src/pinlian/apps/NAME/locale/zh_Hans/LC_MESSAGES/django.po; those of all other packages are in
src/pinlian/web/locale.

python -m tools.message_catalogues [PACKAGE...]    write both, all packages or the named ones, and list what has no
                                                   translation yet
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template.base import Lexer, Token, TokenType
from django.utils.text import smart_split
from django.utils.translation import trim_whitespace

ROOT = Path(__file__).resolve().parents[1]
LOCALE = "zh_Hans"
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""Babel writes a date into each compiled catalogue; that of the moment would make it another file every minute."""
SOURCES = ("*.py", "templates/**/*.html", "templates/**/*.txt")
# Without dates: the file changes only when a text does.
HEADER = r"""msgid ""
msgstr ""
"Language: zh_Hans\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"

"""

# Function -> where its arguments stand, counted from 1; "c" marks the context.
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...]] = {
    "_": (1,),
    "gettext": (1,),
    "gettext_lazy": (1,),
    "gettext_noop": (1,),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
QUOTED = re.compile(r"""_\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\)""")

# msgid (or singular and plural) with its context.
Text = tuple[str | tuple[str, str], str | None]


class UntranslatedError(Exception):
    """A catalogue holds texts without a finished translation; the message names the file and the texts."""


def unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def is_quoted(text: str) -> bool:
    return len(text) >= 2 and text[0] in "\"'" and text[-1] == text[0]


def python_texts(path: Path) -> Iterator[Text]:
    with path.open("rb") as file:
        for _line, function, arguments, _comments in extract_python(file, list(KEYWORDS), [], {}):
            texts = arguments if isinstance(arguments, tuple) else (arguments,)
            if any(text is None for text in texts[: len(KEYWORDS[function])]):
                continue
            context = None
            ids = []
            for place in KEYWORDS[function]:
                if isinstance(place, tuple):
                    context = texts[place[0] - 1]
                else:
                    ids.append(texts[place - 1])
            yield (ids[0] if len(ids) == 1 else (ids[0], ids[1])), context


def tag_context(words: list[str]) -> str | None:
    if "context" in words[1:-1]:
        value = words[words.index("context", 1) + 1]
        return unquote(value) if is_quoted(value) else None
    return None


def template_texts(path: Path) -> Iterator[Text]:
    block: list[Token] | None = None
    singular: list[Token] | None = None
    opening: list[str] = []
    skipping = False
    for token in Lexer(path.read_text()).tokenize():
        words = list(smart_split(token.contents)) if token.token_type == TokenType.BLOCK else []
        tag = words[0] if words else ""
        if tag in {"comment", "endcomment"}:
            skipping = tag == "comment"
        if skipping or token.token_type == TokenType.COMMENT:
            continue
        if tag in {"blocktranslate", "blocktrans"}:
            block, singular, opening = [], None, words
        elif tag in {"endblocktranslate", "endblocktrans"} and block is not None:
            parts = [singular, block] if singular is not None else [block]
            texts = [block_text(part, trimmed="trimmed" in opening) for part in parts]
            yield (texts[0] if len(texts) == 1 else (texts[0], texts[1])), tag_context(opening)
            block = None
        elif tag == "plural" and block is not None:
            singular, block = block, []
        elif block is not None:
            block.append(token)
        elif tag in {"translate", "trans"} and is_quoted(words[1]):
            yield unquote(words[1]), tag_context(words)
        if token.token_type in {TokenType.VAR, TokenType.BLOCK}:
            for match in QUOTED.finditer(token.contents):
                yield unquote(match[1]), None


def block_text(tokens: list[Token], *, trimmed: bool) -> str:
    parts = []
    for token in tokens:
        if token.token_type == TokenType.VAR:
            parts.append(f"%({token.contents})s")
        else:
            parts.append(token.contents.replace("%", "%%"))
    text = "".join(parts)
    return trim_whitespace(text) if trimmed else text


def catalogue_paths(root: Path) -> dict[Path, list[Path]]:
    """The sources of each .po file."""
    package = root / "src/pinlian"
    sources: dict[Path, list[Path]] = {}
    for path in sorted(path for pattern in SOURCES for path in package.rglob(pattern)):
        parts = path.relative_to(package).parts
        owner = package / "apps" / parts[1] if parts[0] == "apps" and len(parts) > 2 else package / "web"
        sources.setdefault(owner / "locale" / LOCALE / "LC_MESSAGES/django.po", []).append(path)
    return sources


def message_sources(root: Path) -> dict[Path, bytes]:
    """Every .po file as it should be: all texts of its sources, with the translations that it has."""
    written = {}
    for target, paths in catalogue_paths(root).items():
        found = Catalog(locale=LOCALE, fuzzy=False)
        for path in paths:
            texts = python_texts if path.suffix == ".py" else template_texts
            for text, context in texts(path):
                found.add(text, locations=[(str(path.relative_to(root / "src/pinlian")), 0)], context=context)
        if not len(found):
            continue
        catalogue = Catalog(locale=LOCALE, fuzzy=False)
        if target.exists():
            with target.open("rb") as file:
                catalogue = read_po(file, locale=LOCALE, abort_invalid=True)
        catalogue.update(found, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        buffer = io.BytesIO()
        write_po(buffer, catalogue, width=120, include_lineno=False, sort_by_file=True, omit_header=True)
        written[target.relative_to(root)] = HEADER.encode() + buffer.getvalue()
    return written


def unfinished(catalogue: Catalog) -> list[str]:
    """Texts that have no translation, or one that is marked as doubtful."""
    return [
        str(message.id)
        for message in catalogue
        if message.id
        and (message.fuzzy or not message.string or (isinstance(message.string, tuple) and not all(message.string)))
    ]


def compiled(catalogue: Catalog) -> bytes:
    """The .mo of a catalogue: the same bytes whenever it is made."""
    catalogue.creation_date = NO_DATE
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def message_catalogues(root: Path) -> dict[Path, bytes]:
    """Compile every .po under src/pinlian.

    Raises:
        UntranslatedError: a text has no translation or a fuzzy one.
    """
    written = {}
    for source in sorted((root / "src").rglob("LC_MESSAGES/*.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, locale=LOCALE, abort_invalid=True)
        if missing := unfinished(catalogue):
            raise UntranslatedError(f"{source.relative_to(root)}: {missing}")
        written[source.relative_to(root).with_suffix(".mo")] = compiled(catalogue)
    return written


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", help="web or the name of an app; all of them if none is named")
    wanted = set(parser.parse_args().packages)
    incomplete = False
    for path, content in message_sources(ROOT).items():
        if wanted and path.parents[3].name not in wanted:
            continue
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(content)
        catalogue = read_po(io.BytesIO(content), locale=LOCALE)
        (ROOT / path).with_suffix(".mo").write_bytes(compiled(catalogue))
        for text in unfinished(catalogue):
            incomplete = True
            print(f"{path}: no translation: {text!r}", file=sys.stderr)
    return 1 if incomplete else 0


if __name__ == "__main__":
    sys.exit(main())
