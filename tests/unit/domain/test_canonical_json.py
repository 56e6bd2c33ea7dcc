"""One spelling of a JSON value, by RFC 8785."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.canonical_json import INTEGER_MAX, canonical_json, document_hash

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner)
    ),
    max_leaves=12,
)


def test_strings__are_escaped_as_the_standard_does() -> None:
    # RFC 8785, section 3.2.2.2, with the numbers left out
    text = canonical_json({"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/", "literals": [None, True, False]})
    assert text == rb'{"literals":[null,true,false],"string":"' + '€$\\u000f\\nA\'B\\"\\\\\\\\\\"/'.encode() + b'"}'


def test_names__are_sorted_by_their_utf_16_units() -> None:
    # RFC 8785, section 3.2.3
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical_json(dict.fromkeys(names, 0)))) == ordered


@pytest.mark.parametrize("value", [1.5, {"a": float("nan")}, INTEGER_MAX + 1, [b"bytes"], {1: "name"}, "\ud800"])
def test_values_without_one_spelling__are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"not exact|canonical document|must be text|surrogates not allowed"):
        canonical_json(value)  # type: ignore[arg-type]


@given(VALUES)
def test_any_value__comes_back_and_has_one_hash(value: object) -> None:
    text = canonical_json(value)  # type: ignore[arg-type]
    assert json.loads(text) == value
    assert document_hash(json.loads(text)) == document_hash(value)  # type: ignore[arg-type]
