from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

SOURCES = Path(__file__).parents[3] / "src" / "pinlian"
CATALOGUES = sorted(SOURCES.rglob("zh_Hans/LC_MESSAGES/django.po"))


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parents[3].name)
def test_pages_say_what_their_catalogue_says(catalogue: Path) -> None:
    """Django's own catalogues have some of the same texts in other senses, such as "group" for a group of users."""
    with catalogue.open("rb") as file:
        texts = [text for text in read_po(file) if isinstance(text.id, str) and text.id and not text.context]

    with translation.override("zh-hans"):
        shown = {text.id: translation.gettext(str(text.id)) for text in texts}

    assert shown == {text.id: text.string for text in texts}
