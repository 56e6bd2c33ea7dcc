"""Whether what was made of other things can have come out of them."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from pinlian.domain.traceability.event import Event, Role, Thing
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity, evidence
from pinlian.domain.traceability.quantity import PIECES, Amount, plain, scales_differ_by


def yields(
    event: Event, *, net_contents: Mapping[str, Amount] | None = None, yield_max: Fraction = Fraction(1)
) -> list[Finding]:
    """Whether a transformation, with all its parts, made more than it used.

    Args:
        net_contents: what is in one piece of a lot, by EPC, where it is known.
        yield_max: what may come out of one unit that goes in; above 1 where water or brine is added.

    Returns:
        A finding about each output if more came out than went in; that they cannot be compared, if something has no
        amount or is in pieces of unknown content, or nothing went in. More pieces than went in may be smaller ones.
    """
    contents = net_contents or {}
    used = weighed(event.of_whole(Role.INPUT), contents)
    made = weighed(event.of_whole(Role.OUTPUT), contents)
    outputs = sorted({thing.epc for thing in event.of_whole(Role.OUTPUT)})
    rests_on = evidence(part.index for part in (event, *event.parts))
    if used is None or made is None or used.dimension != made.dimension or _may_be_smaller(used, made):
        units = {"uom": _units(event, Role.OUTPUT, contents), "made_uom": _units(event, Role.INPUT, contents)}
        return [Finding(FindingKind.UNITS_NOT_COMPARABLE, Severity.NOTICE, epc, units, rests_on) for epc in outputs]
    if made.value <= used.value * yield_max + scales_differ_by(made.dimension, used.value * yield_max):
        return []
    facts: dict[str, str | int] = {
        "used": plain(used.value),
        "made": plain(made.value),
        "over_by": plain(made.value - used.value * yield_max),
        "uom": made.dimension,
        "yield_max": plain(yield_max),
    }
    return [Finding(FindingKind.MADE_MORE_THAN_USED, Severity.SERIOUS, epc, facts, rests_on) for epc in outputs]


def _may_be_smaller(used: Amount, made: Amount) -> bool:
    return made.dimension == PIECES and made.value > used.value


def _units(event: Event, role: Role, contents: Mapping[str, Amount]) -> str:
    amounts = [contents.get(thing.epc) or thing.amount for thing in event.of_whole(role)]
    return ", ".join(sorted({each.dimension for each in amounts if each}))


def weighed(things: Iterable[Thing], net_contents: Mapping[str, Amount]) -> Amount | None:
    """All together in one dimension; None if one has no amount, they cannot be added, or there is nothing."""
    total: Amount | None = None
    for thing in things:
        part = thing.amount
        content = net_contents.get(thing.epc)
        if part is not None and part.dimension == PIECES and content is not None:
            part = Amount(content.dimension, part.value * content.value)
        if part is None or (total is not None and part.dimension != total.dimension):
            return None
        total = part if total is None else Amount(total.dimension, total.value + part.value)
    return total
