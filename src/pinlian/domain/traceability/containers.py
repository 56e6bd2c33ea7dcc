"""How much of a lot is in which container, while it is packed and unpacked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction

from pinlian.domain.traceability.event import Action, Event, Role, Thing
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity, evidence
from pinlian.domain.traceability.quantity import PIECES, ZERO, Amount, plain, scales_differ_by


class Containers:
    """How much of a lot is in which container, and which container is in which."""

    def __init__(self, lot: str) -> None:
        self.lot = lot
        self.findings: list[Finding] = []
        # A dimension without a value: packed without saying how much.
        self._amounts: dict[str, dict[str, Fraction | None]] = defaultdict(dict)
        self._inside: dict[str, dict[str, None]] = defaultdict(dict)
        self._packed_by: dict[str, list[int]] = defaultdict(list)
        self._arrived_at: dict[str, str] = {}

    def content(self, container: str) -> list[Amount | None]:
        """What is in it and in the containers within it, one amount for each dimension and container."""
        return [
            None if value is None else Amount(dimension, value)
            for each in self._all_within(container)
            for dimension, value in self._amounts.get(each, {}).items()
            if value is None or value > 0
        ]

    def _all_within(self, container: str) -> Iterable[str]:
        """The container and those within it, once each."""
        seen: dict[str, None] = {}
        waiting = [container]
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen[each] = None
                waiting += self._inside.get(each, {})
        return seen

    def forget(self, container: str) -> None:
        """A container that ended or was used has nothing in it any more."""
        self._amounts.pop(container, None)
        self._inside.pop(container, None)

    def arrive(self, event: Event) -> None:
        """Remember where containers came to, and those within them."""
        for thing in event.of_role(Role.EPC):
            self._arrived_at |= dict.fromkeys(self._all_within(thing.epc), event.site)

    def apply(self, event: Event) -> None:
        """Pack or unpack."""
        children = event.of_role(Role.CHILD)
        for parent in event.of_role(Role.PARENT):
            if event.action is Action.ADD:
                if self._arrived_at.pop(parent.epc, event.site) != event.site:
                    # A crate that is filled elsewhere than where it came to was emptied there, recorded or not.
                    self.forget(parent.epc)
                self._pack(parent.epc, children, event)
            elif event.action is Action.DELETE:
                self._unpack(parent.epc, children, event)

    def _pack(self, container: str, children: Sequence[Thing], event: Event) -> None:
        for child in children:
            if child.epc != self.lot:
                self._inside[container][child.epc] = None
                continue
            self._packed_by[container].append(event.index)
            packed = child.amount
            if packed is None:
                self._amounts[container][PIECES] = None
                continue
            before = self._amounts[container].get(packed.dimension, ZERO)
            self._amounts[container][packed.dimension] = None if before is None else before + packed.value

    def _unpack(self, container: str, children: Sequence[Thing], event: Event) -> None:
        if not children:
            self.forget(container)
            return
        for child in children:
            if child.epc != self.lot:
                self._inside[container].pop(child.epc, None)
                continue
            unpacked = child.amount
            if unpacked is None:
                self._amounts.pop(container, None)
                continue
            before = self._amounts[container].get(unpacked.dimension)
            if before is None:
                continue
            differs = scales_differ_by(unpacked.dimension, before)
            if unpacked.value > before + differs:
                self.findings.append(self._unpacked_more(container, before, unpacked, event))
            left = before - unpacked.value
            self._amounts[container][unpacked.dimension] = left if left > differs else ZERO

    def _unpacked_more(self, container: str, packed: Fraction, unpacked: Amount, event: Event) -> Finding:
        facts: dict[str, str | int] = {
            "container": container,
            "packed": plain(packed),
            "unpacked": plain(unpacked.value),
            "over_by": plain(unpacked.value - packed),
            "uom": unpacked.dimension,
            "at": event.at,
        }
        rests_on = evidence([*self._packed_by[container], event.index])
        return Finding(FindingKind.UNPACKED_MORE_THAN_PACKED, Severity.SERIOUS, self.lot, facts, rests_on)
