"""The JSON-LD context of a document or an event: it must be that of EPCIS, and leave its names their meaning."""

from collections.abc import Mapping
from typing import Any

from pinlian.gs1.epcis.fields import Problems, is_uri, shown
from pinlian.gs1.epcis.problems import ProblemName, pointer_to
from pinlian.gs1.epcis.structure import STANDARD_TERMS
from pinlian.gs1.epcis.terms import as_list, names_epcis, own_prefixes
from pinlian.gs1.epcis.vocabulary import STANDARD_PREFIXES

_KEYWORDS = {"id": "@id", "type": "@type"}
"""As the context of EPCIS has them; who repeats it changes nothing."""
_SCHEMES = frozenset({"urn", "http", "https", "ni", "geo"})
"""What identifiers in events begin with: as a prefix it would give all of them another meaning."""


def check_context(context: Any, parent: str, problems: Problems, *, is_required: bool = True) -> None:
    """Check the `@context` of what `parent` points to.

    Args:
        is_required: whether it must be there and take in the context of EPCIS.
    """
    pointer = pointer_to(parent, "@context")
    if context is None:
        if is_required:
            problems.add(ProblemName.CONTEXT_MISSING, parent)
        return
    for part in as_list(context):
        is_address = isinstance(part, str) and is_uri(part)
        if not is_address and not isinstance(part, dict):
            problems.add(ProblemName.CONTEXT_INVALID, pointer, value=shown(part))
    if is_required and not names_epcis(context):
        problems.add(ProblemName.CONTEXT_NOT_EPCIS, pointer)
    for part in as_list(context):
        if isinstance(part, Mapping):
            _check_names(part, pointer, problems)


def _check_names(part: Mapping[str, Any], pointer: str, problems: Problems) -> None:
    for name, meaning in part.items():
        if name in STANDARD_TERMS and (name not in _KEYWORDS or meaning != _KEYWORDS[name]):
            problems.add(ProblemName.CONTEXT_REDEFINES_STANDARD, pointer, field=name)
    for name, iri in own_prefixes(part).items():
        if name in STANDARD_TERMS:
            continue
        if name in _SCHEMES or iri != STANDARD_PREFIXES.get(name, iri):
            problems.add(ProblemName.CONTEXT_REDEFINES_STANDARD, pointer, field=name)
        elif not is_uri(iri):
            problems.add(ProblemName.CONTEXT_INVALID, pointer, value=shown(iri))
