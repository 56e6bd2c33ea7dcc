"""What other apps, pages and commands may ask of events."""

from pinlian.apps.epcis.capturing import (
    CaptureInvalid,
    admit_fact,
    capture,
    capture_signed,
    check,
    fact_body,
)
from pinlian.apps.epcis.problem_texts import problem_text
from pinlian.apps.epcis.querying import Page, PageTokenInvalid, query
from pinlian.apps.epcis.seen_at import things_seen_at
from pinlian.apps.epcis.selectors import (
    EpcRow,
    EventRow,
    epc_is_known,
    event_by_id,
    events_after,
    events_at,
    events_named,
    events_touching,
    indices_of_transformations,
    indices_that_count,
    indices_within,
)
from pinlian.apps.epcis.subscriptions.delivering import deliver_step
from pinlian.gs1.epcis.problems import Problem, ProblemName

__all__ = [
    "CaptureInvalid",
    "EpcRow",
    "EventRow",
    "Page",
    "PageTokenInvalid",
    "Problem",
    "ProblemName",
    "admit_fact",
    "capture",
    "capture_signed",
    "check",
    "deliver_step",
    "epc_is_known",
    "event_by_id",
    "events_after",
    "events_at",
    "events_named",
    "events_touching",
    "fact_body",
    "indices_of_transformations",
    "indices_that_count",
    "indices_within",
    "problem_text",
    "query",
    "things_seen_at",
]
