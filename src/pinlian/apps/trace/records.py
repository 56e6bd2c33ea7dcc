"""What the facade gives: plain values, read once. Things are named by canonical EPC, times are Unix seconds."""

from dataclasses import dataclass
from typing import Any

from pinlian.apps.trace.bodies import CertificateBody, LotBody, PlaceBody
from pinlian.domain.traceability.copied_codes import Scan
from pinlian.domain.traceability.event import Event, Reading
from pinlian.domain.traceability.finding import Finding
from pinlian.domain.traceability.walk import Edge, Relation


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot as its author describes it, with the index of the newest fact about it."""

    epc: str
    author: str
    index: int
    body: LotBody

    @property
    def name(self) -> str:
        return self.body.name


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place as its author describes it."""

    epc: str
    author: str
    index: int
    body: PlaceBody

    @property
    def name(self) -> str:
        return self.body.name


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate as its author describes it, and the lots on the way that are said to be under it."""

    id: str
    author: str
    index: int
    body: CertificateBody
    lots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecallView:
    """A lot that is called back: why, since when, who said so."""

    epc: str
    reason: str
    at: int
    author: str
    index: int


@dataclass(frozen=True, slots=True)
class ThingView:
    """A thing on the way; `lot` is None for what nobody described."""

    epc: str
    relation: Relation
    level: int
    lot: LotView | None


@dataclass(frozen=True, slots=True)
class EventView:
    """An event on the way: as the checks take it, as it was captured, and since when it is in the record."""

    event: Event
    captured: dict[str, Any]
    recorded_at: int

    @property
    def index(self) -> int:
        return self.event.index


@dataclass(frozen=True, slots=True)
class ReadingView:
    """A temperature on the way, and the event that reported it."""

    reading: Reading
    index: int


@dataclass(frozen=True, slots=True)
class BalanceView:
    """Where all of a lot is, in one unit; decimal text. `held` is by site."""

    uom: str
    made: str
    used: str
    lost: str
    sold: str
    on_the_way: str
    held: dict[str, str]
    unexplained: str


@dataclass(frozen=True, slots=True)
class History:
    """The way of a thing, and what does not fit in it.

    Attributes:
        things: the subject first, then by distance.
        events: in order of time; without what its author took back.
        taken_back: events that were declared wrong, and the declarations.
        places: by the EPC that events name, and by site.
        findings: about the subject, what it was made of, what it was packed in, and their certificates.
        recalls: of any of those.
        balances: of the subject, as examined last.
        examined: whether all events on the way are in the findings; they come some seconds after the events.
        is_whole: False if the way is longer than is followed.
        indices: of every fact that this rests on, for a proof of it all.
    """

    subject: str
    things: tuple[ThingView, ...]
    edges: tuple[Edge, ...]
    events: tuple[EventView, ...]
    taken_back: tuple[EventView, ...]
    places: dict[str, PlaceView]
    certificates: tuple[CertificateView, ...]
    readings: tuple[ReadingView, ...]
    findings: tuple[Finding, ...]
    recalls: tuple[RecallView, ...]
    balances: tuple[BalanceView, ...]
    groups: tuple[str, ...]
    examined: bool
    is_whole: bool
    indices: tuple[int, ...]

    @property
    def lot(self) -> LotView | None:
        """The subject, as its author describes it."""
        return self.things[0].lot


@dataclass(frozen=True, slots=True)
class RecallCard:
    """A recall and all that it reaches.

    Attributes:
        lots: the lot and every lot that it went into.
        groups: every group that any of it was shipped for.
        orders: how many orders there are in these groups.
    """

    recall: RecallView
    lots: tuple[str, ...]
    groups: tuple[str, ...]
    orders: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class ScanView:
    """What the scans of a code say. The newest scans only are kept; the count is of all."""

    epc: str
    count: int
    first_at: int
    last_at: int
    scans: tuple[Scan, ...] = ()
    findings: tuple[Finding, ...] = ()
