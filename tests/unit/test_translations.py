"""Every text has a Chinese translation, and the same text has the same one everywhere."""

import io
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tools.message_catalogues import LOCALE, catalogue_paths, message_sources, unfinished

ROOT = Path(__file__).resolve().parents[2]
SOURCES = message_sources(ROOT)


def catalogues() -> dict[Path, Catalog]:
    """What the catalogues would be if they were collected now."""
    return {path: read_po(io.BytesIO(content), locale=LOCALE) for path, content in SOURCES.items()}


def test_every_text__has_a_chinese_translation() -> None:
    missing = {str(path): unfinished(found) for path, found in catalogues().items()}
    assert {path: texts for path, texts in missing.items() if texts} == {}


def test_one_text__has_one_translation() -> None:
    translations: dict[tuple[object, object], set[object]] = {}
    for found in catalogues().values():
        for message in found:
            if message.id and message.string:
                translations.setdefault((message.id, message.context), set()).add(message.string)
    assert {text: found for text, found in translations.items() if len(found) > 1} == {}


def test_templates_and_code__are_both_read() -> None:
    suffixes = {path.suffix for paths in catalogue_paths(ROOT).values() for path in paths}
    assert suffixes == {".py", ".html"}
    people = SOURCES[Path("src/pinlian/apps/people/locale/zh_Hans/LC_MESSAGES/django.po")].decode()
    assert 'msgid "Telephone number"' in people
    assert 'msgid "Too many tries. Wait %(minutes)d minute, then try again."' in people


def test_batch_of_orders__is_never_taken_for_a_lot_of_goods() -> None:
    """docs/GLOSSARY.md: both are 批次 in Chinese, so that of orders says so."""
    of_batches = {
        message.id: message.string
        for found in catalogues().values()
        for message in found
        if message.id and re.search(r"\bbatch(es)?\b", str(message.id), re.IGNORECASE)
    }
    assert of_batches
    assert {text: words for text, words in of_batches.items() if "订单批次" not in str(words)} == {}
