"""Events as they are answered and delivered: EPCISQueryDocuments."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from pinlian.apps.epcis.models import Event
from pinlian.gs1.epcis.document import CONTEXT
from pinlian.gs1.epcis.identity import canonical_or_as_is
from pinlian.gs1.epcis.terms import time_text

AS_CAPTURED, AS_DIGITAL_LINK = "Never_Translates", "Always_GS1_Digital_Link"
EPC_FORMATS = (AS_CAPTURED, AS_DIGITAL_LINK, "No_Preference")
"""What may be asked for (GS1-EPC-Format); without preference events come as they were captured."""

_EPC_FIELDS = frozenset(
    {
        "epcList",
        "childEPCs",
        "inputEPCList",
        "outputEPCList",
        "parentID",
        "epcClass",
        "source",
        "destination",
        "bizTransaction",
        "transformationID",
    }
)


def query_document(
    events: Sequence[Event], query_name: str, *, epc_format: str | None = None, subscription_id: str | None = None
) -> dict[str, Any]:
    """An EPCISQueryDocument of these events, each with the time of its recording, and with the declaration that it is
    wrong if there is one.

    Args:
        query_name: "SimpleEventQuery", or the name of the query that found them.
        epc_format: one of EPC_FORMATS; None: as they were captured.
        subscription_id: for whom they are, if they are delivered.
    """
    shown = list(_shown(events))
    if epc_format == AS_DIGITAL_LINK:
        shown = [{name: _translated(name, value) for name, value in event.items()} for event in shown]
    results: dict[str, Any] = {"queryName": query_name}
    if subscription_id is not None:
        results["subscriptionID"] = subscription_id
    return {
        "@context": CONTEXT,
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": time_text(time.time_ns() // 1000),
        "epcisBody": {"queryResults": {**results, "resultsBody": {"eventList": shown}}},
    }


def _shown(events: Sequence[Event]) -> Iterable[dict[str, Any]]:
    declarations = {
        declaration.index: declaration.event()["errorDeclaration"]
        for declaration in Event.objects.filter(
            index__in={event.declared_wrong_by for event in events if event.declared_wrong_by is not None}
        )
    }
    for event in events:
        shown = event.event() | {"recordTime": time_text(event.recorded_at * 1_000_000)}
        if event.declared_wrong_by in declarations:
            shown["errorDeclaration"] = declarations[event.declared_wrong_by]
        yield shown


def _translated(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _translated(f"{name}.{inner}", content) for inner, content in value.items()}
    if isinstance(value, list):
        return [_translated(name, element) for element in value]
    is_epc = name.rpartition(".")[2] in _EPC_FIELDS or name in ("readPoint.id", "bizLocation.id")
    return canonical_or_as_is(value) if is_epc and isinstance(value, str) else value
