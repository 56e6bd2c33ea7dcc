import re
from pathlib import Path

from pinlian.relayer.kinds import TYPE_NAMES
from pinlian.web.device_texts import DEVICE_TEXTS

SOURCES = Path(__file__).parents[3] / "frontend" / "src"


def test_every_text_that_a_script_names_exists() -> None:
    named = {
        name
        for source in SOURCES.glob("*.ts")
        for call in re.findall(r"\btext\(([^)]*)\)", source.read_text())
        for name in re.findall(r'"([a-z_]+)"', call)
    }

    assert named <= DEVICE_TEXTS.keys()
    assert len(named) > 40


def test_every_signed_message_has_its_words() -> None:
    wanted = {f"{part}_{kind}" for part in ("sign", "do", "done") for kind in TYPE_NAMES}

    assert wanted <= DEVICE_TEXTS.keys()
