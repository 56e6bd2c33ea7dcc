"""What the checks found, in plain words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pinlian.domain.traceability.finding import Finding, FindingKind, Severity
from pinlian.domain.traceability.quantity import MASS, PIECES, VOLUME

_UNITS: Mapping[str, Promise] = {
    MASS: gettext_lazy("kg"),
    VOLUME: gettext_lazy("litres"),
    PIECES: gettext_lazy("pieces"),
    "": gettext_lazy("pieces"),
}

_TEXTS: Mapping[FindingKind, tuple[Promise, Promise]] = {
    FindingKind.SHIPPED_MORE_THAN_CAME_IN: (
        gettext_lazy("More left a place than came in"),
        gettext_lazy(
            "At %(place)s, %(came_in)s came in, %(lost)s were written off, and yet %(went_out)s left: %(over_by)s too"
            " much. Something else may have been mixed in."
        ),
    ),
    FindingKind.RECEIVED_MORE_THAN_SHIPPED: (
        gettext_lazy("More arrived than was sent"),
        gettext_lazy("At %(place)s, %(over_by)s more arrived than anybody had sent."),
    ),
    FindingKind.UNPACKED_MORE_THAN_PACKED: (
        gettext_lazy("More was unpacked than was packed"),
        gettext_lazy("%(packed)s were packed in one container, and %(unpacked)s were taken out of it."),
    ),
    FindingKind.MADE_MORE_THAN_USED: (
        gettext_lazy("More was made than went in"),
        gettext_lazy("%(used)s went in, and %(made)s came out: more than is possible."),
    ),
    FindingKind.ARRIVAL_NOT_RECORDED: (
        gettext_lazy("An arrival was not recorded"),
        gettext_lazy("%(place)s sent on %(quantity)s without saying that they had arrived."),
    ),
    FindingKind.DEPARTURE_NOT_RECORDED: (
        gettext_lazy("A departure was not recorded"),
        gettext_lazy("%(quantity)s arrived at %(place)s, and nobody said that they were sent."),
    ),
    FindingKind.UNITS_NOT_COMPARABLE: (
        gettext_lazy("Amounts that cannot be compared"),
        gettext_lazy("Some amounts are in units that cannot be held against what was made; we could not add them up."),
    ),
    FindingKind.AMOUNT_NOT_RECORDED: (
        gettext_lazy("How much was made was not recorded"),
        gettext_lazy("%(quantity)s were sent on at least. Nobody said how much there was, so that nobody can add up."),
    ),
    FindingKind.SEVERAL_ORIGINS: (
        gettext_lazy("It has more than one origin"),
        gettext_lazy(
            "It is recorded to have been made %(times)s times, by %(makers)s makers at %(places)s places. A lot comes"
            " from one: other goods may have been mixed in."
        ),
    ),
    FindingKind.BEFORE_IT_WAS_MADE: (
        gettext_lazy("Handled before it existed"),
        gettext_lazy(
            "It was made on %(made_at)s, and yet something is recorded to have happened with it on %(happened_at)s."
        ),
    ),
    FindingKind.RECEIVED_BEFORE_SHIPPED: (
        gettext_lazy("Arrived before it was sent"),
        gettext_lazy(
            "It arrived at %(received_at_place)s on %(received_at)s, and left %(shipped_from)s only on %(shipped_at)s."
        ),
    ),
    FindingKind.RECORDED_BEFORE_IT_HAPPENED: (
        gettext_lazy("Signed before it happened"),
        gettext_lazy("Something said to have happened on %(happened_at)s was signed on %(signed_at)s already."),
    ),
    FindingKind.FASTER_THAN_A_LORRY: (
        gettext_lazy("Too far in too short a time"),
        gettext_lazy(
            "From %(from_place)s to %(to_place)s it is %(distance)s. That took %(taken)s; a lorry needs at least"
            " %(needed)s."
        ),
    ),
    FindingKind.CERTIFICATE_UNKNOWN: (
        gettext_lazy("A certificate that nobody has registered"),
        gettext_lazy("The lot is said to be under certificate %(certificate)s. There is no such certificate here."),
    ),
    FindingKind.CERTIFICATE_NOT_VALID_THAT_DAY: (
        gettext_lazy("The certificate was not valid that day"),
        gettext_lazy(
            "Certificate %(certificate)s is valid from %(valid_from)s to %(valid_until)s; the goods are of %(made_on)s."
        ),
    ),
    FindingKind.CERTIFICATE_WITHDRAWN: (
        gettext_lazy("The certificate had been withdrawn"),
        gettext_lazy("Certificate %(certificate)s was withdrawn on %(withdrawn_on)s; the goods are of %(made_on)s."),
    ),
    FindingKind.CERTIFICATE_NOT_FOR_PRODUCT: (
        gettext_lazy("The certificate is for other goods"),
        gettext_lazy("Certificate %(certificate)s does not name these goods."),
    ),
    FindingKind.CERTIFICATE_NOT_FOR_PLACE: (
        gettext_lazy("The certificate is for another place"),
        gettext_lazy("Certificate %(certificate)s does not name %(place)s, where the goods were made."),
    ),
    FindingKind.CERTIFICATE_OF_ANOTHER: (
        gettext_lazy("The certificate is somebody else's"),
        gettext_lazy(
            "Certificate %(certificate)s was registered by others than who made these goods, and it names no places"
            " that would say that it is for them too."
        ),
    ),
    FindingKind.CERTIFICATE_CLAIMED_AFTERWARDS: (
        gettext_lazy("Recorded only when the certificate had ended"),
        gettext_lazy(
            "The goods are said to be of %(made_on)s. Nobody said so until %(recorded_on)s, when certificate"
            " %(certificate)s no longer held."
        ),
    ),
    FindingKind.CERTIFICATE_NOT_OF_INGREDIENTS: (
        gettext_lazy("Made of goods without such a certificate"),
        gettext_lazy(
            "The goods are under certificate %(certificate)s. Of what they were made of, %(percent)s%% by weight are"
            " recorded to be certified like that."
        ),
    ),
    FindingKind.CERTIFICATE_QUANTITY_EXCEEDED: (
        gettext_lazy("More was sold under the certificate than it allows"),
        gettext_lazy("Certificate %(certificate)s allows %(allowed)s; %(made)s are said to be under it."),
    ),
    FindingKind.TOO_WARM: (
        gettext_lazy("It was too warm"),
        gettext_lazy(
            "The goods need at most %(limit_celsius)s °C. For %(longest)s from %(from_at)s on they had more, up to"
            " %(extreme_celsius)s °C."
        ),
    ),
    FindingKind.TOO_COLD: (
        gettext_lazy("It was too cold"),
        gettext_lazy(
            "The goods need at least %(limit_celsius)s °C. For %(longest)s from %(from_at)s on they had less, down to"
            " %(extreme_celsius)s °C."
        ),
    ),
    FindingKind.TEMPERATURE_GAP: (
        gettext_lazy("Nobody looked at the temperature for a while"),
        gettext_lazy("From %(from_at)s there is no reading for %(longest)s."),
    ),
    FindingKind.TEMPERATURE_NOT_RECORDED: (
        gettext_lazy("The temperature was not recorded"),
        gettext_lazy("The goods must be kept cool, and there is no reading from %(from_at)s to %(to_at)s."),
    ),
    FindingKind.SCANNED_FAR_APART: (
        gettext_lazy("This code may have been copied"),
        gettext_lazy(
            "It was scanned on %(from_at)s and %(taken)s later %(distance)s away. One thing cannot be in both places."
        ),
    ),
    FindingKind.SCANNED_IN_MANY_PLACES: (
        gettext_lazy("This code may have been copied"),
        gettext_lazy("It was scanned in %(places)s places far apart. It is on one thing only."),
    ),
    FindingKind.SCANNED_WHERE_NEVER_SENT: (
        gettext_lazy("This code may have been copied"),
        gettext_lazy(
            "It was scanned %(distance)s from every place that the goods are recorded to have been sent to, last on"
            " %(scanned_at)s."
        ),
    ),
    FindingKind.HISTORY_INCOMPLETE: (
        gettext_lazy("Not all of it is shown"),
        gettext_lazy("So much happened with these goods that only a part of it could be looked at."),
    ),
}

MINUTE, HOUR = 60, 3_600
KILOMETRE = 1_000


@dataclass(frozen=True, slots=True)
class FindingWords:
    """A finding in the active language. `kind` is one of the names of our alerts."""

    name: str
    kind: str
    title: str
    text: str
    subject: str


def finding_words(finding: Finding, name_of: Callable[[str], str]) -> FindingWords:
    """What was found, for everybody.

    Args:
        name_of: the name of a place, by its canonical EPC.
    """
    title, text = _TEXTS[finding.kind]
    kinds = {Severity.NOTICE: "info", Severity.WARNING: "warning", Severity.SERIOUS: "error"}
    return FindingWords(
        name=finding.kind.value,
        kind=kinds[finding.severity],
        title=str(title),
        text=str(text) % _Words(finding.parameters, name_of),
        subject=finding.subject,
    )


class _Words(dict[str, str]):
    """The parameters of a finding, in words, as the texts ask for them."""

    def __init__(self, parameters: Mapping[str, Any], name_of: Callable[[str], str]) -> None:
        super().__init__()
        self._parameters = parameters
        self._name_of = name_of

    def __missing__(self, name: str) -> str:
        given = self._parameters
        if name in {"place", "from_place", "to_place", "shipped_from", "received_at_place"}:
            return self._name_of(str(given[name]))
        if name == "distance":
            return distance_words(int(given["distance_metres"]))
        if name in {"taken", "needed", "longest"}:
            return duration_words(int(given[f"{name}_seconds"]))
        if name.endswith("_at"):
            return moment_words(int(given[name]))
        if name in {
            "came_in",
            "lost",
            "went_out",
            "over_by",
            "packed",
            "unpacked",
            "used",
            "made",
            "quantity",
            "allowed",
        }:
            return amount_words(str(given[name]), str(given.get("uom", "")))
        return str(given[name])


def moment_words(at: int) -> str:
    """Unix seconds on the calendar of this installation."""
    return f"{timezone.localtime(datetime.fromtimestamp(at, UTC)):%Y-%m-%d %H:%M}"


def duration_words(seconds: int) -> str:
    """Hours and minutes, whole, rounded down."""
    hours, minutes = seconds // HOUR, seconds % HOUR // MINUTE
    parts = []
    if hours:
        parts.append(ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours})
    if minutes or not hours:
        parts.append(ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes})
    return " ".join(parts)


def distance_words(metres: int) -> str:
    """Whole kilometres."""
    return _("%(count)s km") % {"count": f"{metres // KILOMETRE:,}"}


def amount_words(quantity: str, uom: str) -> str:
    """`12.5 kg`; a code of UN/CEFACT Recommendation 20 that has no word here stays as it is."""
    return _("%(number)s %(unit)s") % {"number": quantity, "unit": _UNITS.get(uom, uom)}
