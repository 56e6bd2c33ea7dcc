"""What pages of other apps show of the origin of goods.

Templates may use these tags where Python may not import this app: it reads the groups of groupbuy itself.
"""

from decimal import Decimal
from typing import Any

from django import template

from pinlian.apps.trace import selectors
from pinlian.apps.trace.finding_texts import amount_words
from pinlian.apps.trace.lot_page import Step
from pinlian.domain.traceability.event import Reading
from pinlian.gs1.epc import link_of

register = template.Library()

register.filter("amount_words", amount_words)

RECORDED_AT_ONCE_SECONDS_MAX = 3_600


@register.inclusion_tag("trace/origin_of_group.html")
def origin_of_group(group_id: str) -> dict[str, Any]:
    """The lots that were shipped for a group, each with a link to its page, and which of them are called back."""
    epcs = selectors.lots_of_group(group_id)
    described = selectors.lots(epcs)
    recalled = {view.epc: view for view in selectors.recalls_of(epcs)}
    rows = []
    for epc in epcs:
        link = link_of(epc)
        if link is not None and [ai for ai, _ in link.qualifiers] == ["10"]:
            name = described[epc].name if epc in described else ""
            number = link.qualifiers[0][1]
            rows.append({"gtin": link.key, "number": number, "name": name, "recall": recalled.get(epc)})
    return {"lots": rows, "recalls": [row for row in rows if row["recall"]]}


@register.filter
def was_recorded_later(step: Step) -> bool:
    """Whether a step came to the record long after it was signed, so that its time rests on the signer's word."""
    return step.recorded_at - step.signed_at > RECORDED_AT_ONCE_SECONDS_MAX


@register.filter
def degrees(value: Decimal) -> str:
    """`3.5`, as it was measured."""
    return f"{value:f}"


@register.filter
def celsius(reading: Reading) -> str:
    """`3.5 °C`, or from the lowest to the highest of a stretch of time."""
    low, high = degrees(reading.low), degrees(reading.high)
    return f"{low} °C" if low == high else f"{low} – {high} °C"


@register.filter
def read_at(reading: Reading) -> int:
    """When a reading began, Unix seconds."""
    return reading.from_us // 1_000_000
