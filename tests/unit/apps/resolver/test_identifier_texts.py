"""Every way in which an identifier can be wrong has a sentence and a remedy, in both languages."""

import pytest
from django.utils.translation import override

from pinlian.apps.resolver.facade import identifier_text
from pinlian.gs1.keys import IdentifierError, Reason


@pytest.mark.parametrize("reason", Reason)
def test_identifier_text__any_reason__has_words_in_both_languages(reason: Reason) -> None:
    text = identifier_text(IdentifierError(reason, "part"))
    with override("en"):
        english = str(text.title), str(text.remedy)
    with override("zh-hans"):
        chinese = str(text.title), str(text.remedy)
    assert all(words.isascii() and words.endswith(".") for words in english)
    assert all(not words.isascii() and words.endswith("。") for words in chinese)
