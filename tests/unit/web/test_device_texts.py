import re
from pathlib import Path

import pytest

from pinlian.relayer.kinds import TYPE_NAMES
from pinlian.web.device_texts import DEVICE_TEXTS

SOURCES = Path(__file__).parents[3] / "frontend" / "src"
APPS = Path(__file__).parents[3] / "src" / "pinlian" / "apps"
OWN_TEXTS = {"lot.ts": "trace/templates/trace/lot_texts.html"}
"""Scripts of pages for passers-by, which are sent the few texts that they need."""


def named_by(source: Path) -> set[str]:
    return {
        name
        for call in re.findall(r"\btext\(([^)`]*)\)", source.read_text())
        for name in re.findall(r'"([a-z_]+)"', call)
    }


def test_every_text_that_a_script_names_exists() -> None:
    named = set[str]().union(*(named_by(source) for source in SOURCES.glob("*.ts") if source.name not in OWN_TEXTS))

    assert named <= DEVICE_TEXTS.keys()
    assert len(named) > 40


@pytest.mark.parametrize(("script", "template"), OWN_TEXTS.items())
def test_every_text_that_a_script_with_texts_of_its_own_names__is_in_its_template(script: str, template: str) -> None:
    given = set(re.findall(r'"([a-z_]+)":"{% filter', (APPS / template).read_text()))

    assert named_by(SOURCES / script)
    assert named_by(SOURCES / script) <= given


def test_every_signed_message_has_its_words() -> None:
    wanted = {f"{part}_{kind}" for part in ("sign", "do", "done") for kind in TYPE_NAMES}

    assert wanted <= DEVICE_TEXTS.keys()
