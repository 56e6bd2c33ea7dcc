"""The way of a thing through the record: what it was made of, what it was packed in, what was made of it.

The walk goes level by level, so that each level is one question to the store. Time bounds it where things are used
again: of a crate only the days count on which the goods were in it, of a lot that was used only what came before, of a
lot that is recalled only what came after.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from pinlian.domain.traceability.event import (
    SHIPPED,
    Action,
    BizStep,
    Event,
    EventType,
    Role,
    Thing,
    in_order,
    standing,
)
from pinlian.domain.traceability.quantity import SCALES_SHARE

LEVELS_MAX = 24
"""Transformations and containers in a row that are followed."""
EVENTS_MAX = 5_000
"""Events that one walk holds; where there are more, it stops after the level that reaches them."""

FROM_EVER, FOR_EVER = -(2**63), 2**63 - 1
"""Times, in microseconds since the Unix epoch, that nothing is beyond."""

CONTENT_US_MAX = 400 * 86_400 * 1_000_000
"""Nothing is looked for in a container that was put in it longer ago."""

READ_OUT_US_MAX = 86_400 * 1_000_000
"""What a sensor measured is told at most so long afterwards."""

Window = tuple[int, int]
"""From one time to another, microseconds since the Unix epoch, both included."""
Fetch = Callable[[Mapping[str, Window]], Iterable[Event]]
"""Every event that touches one of these things within its window, and every association in which it is the parent that
began before the window's end; of more than EVENTS_MAX, those that happened first."""


class Relation(StrEnum):
    """What a thing is to the subject of the walk."""

    SUBJECT = "subject"
    ORIGIN = "origin"
    """It was used to make the subject, or to make what was used."""
    PRODUCT = "product"
    """The subject was used to make it, or to make what it was made of."""
    CONTENT = "content"
    """It was packed in the subject."""
    CARRIER = "carrier"
    """The subject, an origin or a product was packed in it."""
    SENSOR = "sensor"
    """It was attached to a carrier, and measured."""


class EdgeKind(StrEnum):
    """How two things are joined by an event."""

    MADE_INTO = "made_into"
    PACKED_IN = "packed_in"
    ATTACHED_TO = "attached_to"


@dataclass(frozen=True, slots=True)
class Edge:
    """One thing was made into another, packed in it or attached to it, by the event with this index."""

    source: str
    target: str
    kind: EdgeKind
    event: int


@dataclass(frozen=True, slots=True)
class Node:
    """A thing on the way, and after how many transformations and containers it was found."""

    epc: str
    relation: Relation
    level: int


@dataclass(frozen=True, slots=True)
class Walk:
    """The way of a thing.

    Attributes:
        nodes: by EPC; the subject is one of them.
        events: in order of time; error declarations and what they declare wrong are not among them. Of the readings of
            what the goods were in, only those while they were in it.
        taken_back: events on the way that their authors declared wrong, and those declarations.
        is_whole: whether no bound cut it short.
    """

    subject: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    events: tuple[Event, ...]
    taken_back: tuple[Event, ...]
    is_whole: bool

    def epcs(self, *relations: Relation) -> list[str]:
        """The things of these relations, nearest first."""
        return [node.epc for node in self.nodes.values() if node.relation in relations]


class _Mode(StrEnum):
    SUBJECT = "subject"
    BACK = "back"
    FORWARD = "forward"
    CARRY = "carry"
    SENSE = "sense"


class _Task(NamedTuple):
    """Follow a thing in a mode, from one time to another (microseconds, both included).

    `used_at` is the site where it was used: what was taken out of a container elsewhere did not get there by it.
    `carried` is what brought the walk to a container.
    """

    epc: str
    mode: _Mode
    since: int
    until: int
    forward: bool = False
    used_at: str = ""
    carried: str = ""
    relation: Relation = Relation.CARRIER


def walk(
    subject: str,
    fetch: Fetch,
    *,
    back: bool = True,
    forward: bool = True,
    levels_max: int = LEVELS_MAX,
    events_max: int = EVENTS_MAX,
) -> Walk:
    """Follow a thing; with neither direction, only itself and what it was packed in.

    Args:
        fetch: is asked once a level at most, each time for other things or a wider window.
        back: towards what it was made of, or what is packed in it.
        forward: towards what was made of it.
    """
    return _Walker(subject, fetch, events_max, back=back, forward=forward).run(levels_max)


def contents(packages: Mapping[str, int], fetch: Fetch, *, levels_max: int = LEVELS_MAX) -> dict[str, int]:
    """What was in containers at a time, in the containers within them too, and the containers.

    Args:
        packages: container to the time, microseconds since the Unix epoch. A container that was emptied at that very
            time still counts as full.

    Returns:
        Every thing with the time for which it was found.
    """
    found = dict(packages)
    frontier = dict(packages)
    for _ in range(levels_max):
        if not frontier:
            break
        by_epc = _by_epc(fetch({epc: (at_us - CONTENT_US_MAX, at_us) for epc, at_us in frontier.items()}), frontier)
        inner: dict[str, int] = {}
        for epc, at_us in frontier.items():
            for child in _children_at(epc, by_epc.get(epc, []), at_us):
                if child not in found:
                    inner[child] = found[child] = at_us
        frontier = inner
    return found


def _children_at(container: str, events: Sequence[Event], at_us: int) -> list[str]:
    inside: dict[str, None] = {}
    for event in in_order(standing(events)):
        if event.time_us > at_us or (event.time_us == at_us and event.action is Action.DELETE):
            continue
        if event.type is not EventType.AGGREGATION or not _is(event, Role.PARENT, container):
            continue
        children = [thing.epc for thing in event.of_role(Role.CHILD)]
        if event.action is Action.ADD:
            inside |= dict.fromkeys(children)
        elif event.action is Action.DELETE:
            for child in children or list(inside):
                inside.pop(child, None)
    return list(inside)


def _by_epc(events: Iterable[Event], wanted: Collection[str]) -> dict[str, list[Event]]:
    """Each wanted thing's events, once each."""
    found: dict[str, dict[int, Event]] = defaultdict(dict)
    for event in events:
        for thing in event.things:
            if thing.epc in wanted:
                found[thing.epc][event.index] = event
    return {epc: list(of_epc.values()) for epc, of_epc in found.items()}


def _is(event: Event, role: Role, epc: str) -> bool:
    return any(thing.epc == epc for thing in event.of_role(role))


class _Walker:
    def __init__(self, subject: str, fetch: Fetch, events_max: int, *, back: bool, forward: bool) -> None:
        self._subject = subject
        self._fetch = fetch
        self._events_max = events_max
        self._is_cut = False
        self._back = back
        self._forward = forward
        self._known: dict[str, list[Event]] = {}
        self._windows: dict[str, Window] = {}
        self._taken_back: dict[int, Event] = {}
        self._nodes: dict[str, Node] = {}
        self._edges: dict[Edge, None] = {}
        self._events: dict[int, Event] = {}
        self._attached: dict[str, list[tuple[str, _Stay]]] = {}
        self._done: dict[tuple[str, _Mode, bool], list[tuple[int, int]]] = defaultdict(list)

    def run(self, levels_max: int) -> Walk:
        tasks = [_Task(self._subject, _Mode.SUBJECT, FROM_EVER, FOR_EVER, self._forward, relation=Relation.SUBJECT)]
        level = 0
        while tasks and level <= levels_max and len(self._events) < self._events_max:
            self._read(tasks)
            following: list[_Task] = []
            for task in tasks:
                self._nodes.setdefault(task.epc, Node(task.epc, task.relation, level))
                if self._is_new(task):
                    following += self._follow(task)
            tasks = following
            level += 1
        return Walk(
            subject=self._subject,
            nodes=self._nodes,
            edges=tuple(self._edges),
            events=tuple(in_order(self._events.values())),
            taken_back=tuple(sorted(self._taken_back.values(), key=lambda event: event.index)),
            is_whole=not tasks and not self._is_cut,
        )

    def _read(self, tasks: Iterable[_Task]) -> None:
        """Ask for what these tasks need and is not known yet."""
        wanted: dict[str, Window] = {}
        for task in tasks:
            last = task.until + READ_OUT_US_MAX if task.mode in (_Mode.CARRY, _Mode.SENSE) else task.until
            since, until = wanted.get(task.epc) or self._windows.get(task.epc) or (task.since, last)
            wider = (min(since, task.since), min(max(until, last), FOR_EVER))
            if wider != self._windows.get(task.epc):
                wanted[task.epc] = wider
        if not wanted:
            return
        self._windows |= wanted
        answer = list(self._fetch(wanted))
        # A store gives no more than this at once, and may have had more.
        self._is_cut = self._is_cut or len(answer) >= self._events_max
        found = _by_epc(answer, wanted)
        for epc in wanted:
            events = found.get(epc, [])
            kept = in_order(standing(events))
            self._known[epc] = kept
            self._attached.pop(epc, None)
            left = {event.index for event in kept}
            self._taken_back |= {event.index: event for event in events if event.index not in left}

    def _is_new(self, task: _Task) -> bool:
        """Whether no task before covers this one; remembers it."""
        covered = self._done[task.epc, task.mode, task.forward]
        if any(since <= task.since and task.until <= until for since, until in covered):
            return False
        covered.append((task.since, task.until))
        return True

    def _follow(self, task: _Task) -> list[_Task]:
        if task.mode is _Mode.CARRY:
            return self._follow_carrier(task)
        if task.mode is _Mode.SENSE:
            for event in _between(self._known[task.epc], task.since, task.until + READ_OUT_US_MAX):
                self._take_readings(event, task)
            return []
        events = _between(self._known[task.epc], task.since, task.until)
        following: list[_Task] = []
        packed_in: list[Event] = []
        for event in events:
            roles = event.role_of(task.epc)
            if event.type is EventType.TRANSFORMATION:
                following += self._follow_transformation(task, event, roles)
                continue
            self._events[event.index] = event
            if event.type in (EventType.AGGREGATION, EventType.ASSOCIATION) and event.action is Action.ADD:
                if Role.CHILD in roles:
                    packed_in.append(event)
                if Role.PARENT in roles:
                    following += self._children(task, event)
        return [*following, *self._carriers(task, packed_in, events), *self._sensors(task)]

    def _take_readings(self, event: Event, task: _Task) -> None:
        """Keep of an event what it says of a stretch of time."""
        kept = [each for each in event.readings if each.from_us <= task.until and each.to_us >= task.since]
        if kept:
            before = self._events.get(event.index)
            known = {*kept, *(before.readings if before else ())}
            self._events[event.index] = replace(event, readings=tuple(each for each in event.readings if each in known))

    def _follow_transformation(self, task: _Task, event: Event, roles: frozenset[Role]) -> list[_Task]:
        following: list[_Task] = []
        goes_back = task.mode is _Mode.BACK or (task.mode is _Mode.SUBJECT and self._back)
        if Role.OUTPUT in roles and goes_back:
            self._take_transformation(event)
            last = max(part.time_us for part in (event, *event.parts))
            following += [
                _Task(used.epc, _Mode.BACK, FROM_EVER, last, used_at=event.site, relation=Relation.ORIGIN)
                for used in event.of_whole(Role.INPUT)
            ]
        if Role.INPUT in roles and task.forward:
            following += self._products(event)
        if task.mode is _Mode.SUBJECT:
            self._take_transformation(event)
        return following

    def _products(self, event: Event) -> list[_Task]:
        self._take_transformation(event)
        first = min(part.time_us for part in (event, *event.parts))
        return [
            _Task(made.epc, _Mode.FORWARD, first, FOR_EVER, forward=True, relation=Relation.PRODUCT)
            for made in event.of_whole(Role.OUTPUT)
        ]

    def _take_transformation(self, event: Event) -> None:
        parts = {part.index: part for part in (event, *event.parts)}
        self._events |= parts
        for used in event.of_whole(Role.INPUT):
            for made in event.of_whole(Role.OUTPUT):
                self._edges[Edge(used.epc, made.epc, EdgeKind.MADE_INTO, min(parts))] = None

    def _carriers(self, task: _Task, packed: Sequence[Event], events: Sequence[Event]) -> list[_Task]:
        """What a thing was put in by some of these events, until it was taken out."""
        following: list[_Task] = []
        starts = {event.index for event in packed}
        for (parent, _), packings in _by_parent(events).items() if packed else ():
            for stay in _stays(task.epc, packings, starts, task.until):
                if task.used_at and stay.end is not None and stay.end.site and stay.end.site != task.used_at:
                    continue
                for event in stay.packings:
                    self._join(task.epc, parent, event)
                since = stay.packings[0].time_us
                following.append(_Task(parent, _Mode.CARRY, since, stay.until, forward=task.forward, carried=task.epc))
        return following

    def _join(self, child: str, parent: str, event: Event) -> None:
        kind = EdgeKind.PACKED_IN if event.type is EventType.AGGREGATION else EdgeKind.ATTACHED_TO
        self._edges[Edge(child, parent, kind, event.index)] = None

    def _children(self, task: _Task, packing: Event) -> list[_Task]:
        """What was put in a thing, or attached to it, by one event."""
        children = [thing.epc for thing in packing.of_role(Role.CHILD)]
        if packing.type is EventType.ASSOCIATION:
            return []
        relation = Relation.CONTENT if task.relation is Relation.SUBJECT else task.relation
        following: list[_Task] = []
        for child in children:
            if task.mode is _Mode.BACK or (task.mode is _Mode.SUBJECT and self._back):
                self._join(child, task.epc, packing)
                following.append(_Task(child, _Mode.BACK, FROM_EVER, task.until, relation=relation))
            if task.forward:
                self._join(child, task.epc, packing)
                following.append(
                    _Task(child, _Mode.FORWARD, packing.time_us, FOR_EVER, forward=True, relation=relation)
                )
        return following

    def _sensors(self, task: _Task) -> list[_Task]:
        """What was attached to a thing, perhaps long before: while it was."""
        if task.epc not in self._attached:
            self._attached[task.epc] = list(_attachments(task.epc, self._known[task.epc]))
        following: list[_Task] = []
        for child, stay in self._attached[task.epc]:
            since, until = max(task.since, stay.packings[0].time_us), min(task.until, stay.until)
            if since <= until:
                self._join(child, task.epc, stay.packings[0])
                following.append(_Task(child, _Mode.SENSE, since, until, relation=Relation.SENSOR))
        return following

    def _follow_carrier(self, task: _Task) -> list[_Task]:
        """A container while something was in it."""
        known = self._known[task.epc]
        following = self._sensors(task)
        packed_in: list[Event] = []
        moved = False
        for event in _between(known, task.since, task.until):
            if event.type is EventType.AGGREGATION and _is(event, Role.PARENT, task.epc):
                if event.action is Action.DELETE and not event.of_role(Role.CHILD):
                    self._events[event.index] = event
                    break
                if event.action is Action.ADD and moved and not _is(event, Role.CHILD, task.carried):
                    # Filled anew after a journey: that it was emptied was not recorded.
                    break
                if event.action is not Action.OBSERVE:
                    continue
            if event.type is EventType.TRANSFORMATION:
                if _is(event, Role.INPUT, task.epc) and task.forward:
                    following += self._products(event)
                continue
            if event.readings:
                self._take_readings(event, task)
            else:
                self._events[event.index] = event
            moved = moved or event.biz_step in SHIPPED or event.biz_step == BizStep.RECEIVING
            if event.action is Action.ADD and _is(event, Role.CHILD, task.epc):
                packed_in.append(event)
        for event in _between(known, task.until + 1, task.until + READ_OUT_US_MAX):
            self._take_readings(event, task)
        return following + self._carriers(task, packed_in, _between(known, task.since, task.until))


def _between(events: Sequence[Event], since: int, until: int) -> Sequence[Event]:
    """Those of events in order of time that happened between two times, both included."""
    first = bisect_left(events, since, key=lambda event: event.time_us)
    return events[first : bisect_right(events, until, lo=first, key=lambda event: event.time_us)]


def _by_parent(events: Iterable[Event]) -> dict[tuple[str, EventType], list[Event]]:
    """Packing and unpacking, by container and kind, in their order."""
    found: dict[tuple[str, EventType], list[Event]] = defaultdict(list)
    for event in events:
        if event.type in (EventType.AGGREGATION, EventType.ASSOCIATION):
            for parent in event.of_role(Role.PARENT):
                found[parent.epc, event.type].append(event)
    return found


def _attachments(parent: str, known: Iterable[Event]) -> Iterator[tuple[str, "_Stay"]]:
    """What was attached to a thing, and when."""
    of_child: dict[str, list[Event]] = defaultdict(list)
    for event in _by_parent(known).get((parent, EventType.ASSOCIATION), []):
        children = {thing.epc for thing in event.of_role(Role.CHILD)}
        for child in sorted(children) or list(of_child):
            of_child[child].append(event)
    for child, events in of_child.items():
        for stay in _stays(child, events, {event.index for event in events}, FOR_EVER):
            yield child, stay


class _Stay(NamedTuple):
    """A stretch of time in which a thing was in a container: from its packings until it was all taken out.

    `end` is the event that took the last of it out; None if none did until `until`.
    """

    packings: list[Event]
    until: int
    end: Event | None


def _stays(child: str, packings: Iterable[Event], starts: Collection[int], until: int) -> list[_Stay]:
    """When a thing was in a container.

    Args:
        packings: all packing and unpacking of this container that is known, by time.
        starts: indices of the packings that may begin a stay.
    """
    found: list[_Stay] = []
    current: list[Event] = []
    left: Fraction | None = None
    for event in packings:
        is_named = _is(event, Role.CHILD, child)
        if event.action is Action.ADD and is_named and (current or event.index in starts):
            more = _quantity(child, event)
            left = more if not current else None if left is None or more is None else left + more
            current.append(event)
        elif event.action is Action.DELETE and current and (is_named or not event.of_role(Role.CHILD)):
            taken = _quantity(child, event) if is_named else None
            if left is None or taken is None or taken >= left * (1 - SCALES_SHARE):
                found.append(_Stay(current, min(event.time_us, until), event))
                current = []
            else:
                left -= taken
    return [*found, _Stay(current, until, None)] if current else found


def _quantity(child: str, event: Event) -> Fraction | None:
    amounts = [_value(thing) for thing in event.of_role(Role.CHILD) if thing.epc == child]
    known = [each for each in amounts if each is not None]
    return sum(known, Fraction(0)) if known and len(known) == len(amounts) else None


def _value(thing: Thing) -> Fraction | None:
    return thing.amount.value if thing.amount else None
