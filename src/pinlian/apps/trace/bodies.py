"""What facts of the kinds lot, place, certificate and recall say, and which of it can be relied on.

Anybody may state a fact; what does not fit here is no such fact. Quantities and temperatures are decimal text.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pinlian.apps.trace.models import CERTIFICATE_ID_LENGTH_MAX, EPC_LENGTH_MAX
from pinlian.domain.refusals import Refusal, Refused
from pinlian.domain.traceability.certificates import Certificate
from pinlian.domain.traceability.cold_chain import Need
from pinlian.domain.traceability.position import Position
from pinlian.domain.traceability.quantity import Amount, QuantityInvalid, amount
from pinlian.gs1.epc import canonical_epc
from pinlian.gs1.keys import IdentifierError

DAY_MINUTES = 24 * 60


def _canonical(epc: str) -> str:
    try:
        return canonical_epc(epc)
    except IdentifierError as error:
        raise ValueError(str(error)) from error


# Not every database keeps a NUL in a text.
_TEXT = r"^[^\x00]+$"
Epc = Annotated[str, Field(max_length=EPC_LENGTH_MAX, pattern=_TEXT), AfterValidator(_canonical)]
DecimalText = Annotated[str, Field(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,18})?$")]
Name = Annotated[str, Field(max_length=200, pattern=_TEXT)]
CertificateId = Annotated[str, Field(min_length=1, max_length=CERTIFICATE_ID_LENGTH_MAX, pattern=r"^[!-~]+$")]
Gtin = Annotated[str, Field(pattern=r"^[0-9]{14}$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    def as_json(self) -> dict[str, Any]:
        """The body of a fact that says this."""
        return self.model_dump(mode="json", exclude_none=True)


class QuantityBody(_Body):
    """So much of a unit."""

    quantity: DecimalText
    uom: Annotated[str, Field(pattern=r"^[A-Z0-9]{0,3}$")] = ""

    @property
    def amount(self) -> Amount:
        """The same, in the unit of its dimension."""
        return amount(self.quantity, self.uom)

    @model_validator(mode="after")
    def _is_positive(self) -> "QuantityBody":
        try:
            if self.amount.value <= 0:
                raise ValueError("a quantity must be above zero")
        except QuantityInvalid as error:
            raise ValueError(str(error)) from error
        return self


class TemperatureBody(_Body):
    """What goods need; see domain.traceability.cold_chain.Need."""

    low: DecimalText | None = None
    high: DecimalText | None = None
    outside_minutes_max: Annotated[int, Field(ge=0, le=7 * DAY_MINUTES)] = 30
    gap_minutes_max: Annotated[int, Field(ge=1, le=7 * DAY_MINUTES)] = 60

    @property
    def need(self) -> Need:
        """The same, as the check takes it."""
        return Need(
            low=None if self.low is None else Decimal(self.low),
            high=None if self.high is None else Decimal(self.high),
            outside_seconds_max=60 * self.outside_minutes_max,
            gap_seconds_max=60 * self.gap_minutes_max,
        )


class LotBody(_Body):
    """A lot of goods.

    Attributes:
        made_at: the place where it was grown or made.
        net_content: what is in one piece.
        yield_max: what may come out of one unit that goes in when it is made of others; 1 unless water is added.
        certificates: ids of certificates that it is under.
        product: id of the product in this instance's market.
    """

    epc: Epc
    name: Name
    made_at: Epc | None = None
    net_content: QuantityBody | None = None
    yield_max: DecimalText | None = None
    best_before: date | None = Field(default=None, strict=False)
    temperature: TemperatureBody | None = None
    certificates: Annotated[list[CertificateId], Field(max_length=20)] = []
    product: Annotated[int, Field(ge=1)] | None = None

    @property
    def yield_limit(self) -> Fraction:
        """`yield_max` as a number."""
        return Fraction(self.yield_max) if self.yield_max else Fraction(1)


class PlaceKind(StrEnum):
    """What a place is to goods."""

    FARM = "farm"
    PROCESSING = "processing"
    CENTRE_WAREHOUSE = "centre_warehouse"
    GRID_WAREHOUSE = "grid_warehouse"
    PICKUP_POINT = "pickup_point"
    COLD_STORE = "cold_store"
    OTHER = "other"


class PlaceBody(_Body):
    """A place. Whoever states it makes name and position public: no private address."""

    epc: Epc
    name: Name
    kind: PlaceKind = Field(strict=False)
    region: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""
    latitude_microdegrees: Annotated[int, Field(ge=-90_000_000, le=90_000_000)] | None = None
    longitude_microdegrees: Annotated[int, Field(ge=-180_000_000, le=180_000_000)] | None = None

    @property
    def position(self) -> Position | None:
        """Where it is, if both halves are given."""
        if self.latitude_microdegrees is None or self.longitude_microdegrees is None:
            return None
        return Position(self.latitude_microdegrees, self.longitude_microdegrees)


class CertificateKind(StrEnum):
    """三品一标 and what else goes with goods."""

    ORGANIC = "organic"
    GREEN_FOOD = "green_food"
    GEOGRAPHICAL_INDICATION = "geographical_indication"
    CONFORMITY = "conformity"
    INSPECTION = "inspection"
    OTHER = "other"


class CertificateBody(_Body):
    """A certificate; see domain.traceability.certificates.Certificate. `holder` is a name as the certificate has it."""

    id: CertificateId
    kind: CertificateKind = Field(strict=False)
    name: Name
    issuer: Name
    holder: Name
    products: Annotated[list[Gtin], Field(max_length=200)] = []
    places: Annotated[list[Epc], Field(max_length=200)] = []
    quantity: QuantityBody | None = None
    valid_from: date = Field(strict=False)
    valid_until: date = Field(strict=False)
    withdrawn_on: date | None = Field(default=None, strict=False)
    document_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None

    def certificate(self, author: str, *, of_ingredients: bool) -> Certificate:
        """The same, as the check takes it; see there for `author` and `of_ingredients`."""
        return Certificate(
            id=self.id,
            products=frozenset(self.products),
            places=frozenset(self.places),
            quantity=self.quantity.amount if self.quantity else None,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            withdrawn_on=self.withdrawn_on,
            author=author,
            of_ingredients=of_ingredients,
        )

    @model_validator(mode="after")
    def _days_go_forward(self) -> "CertificateBody":
        if self.valid_until < self.valid_from:
            raise ValueError("valid_until must not be before valid_from")
        return self


class RecallBody(_Body):
    """That a lot is called back, or no longer."""

    epc: Epc
    reason: Annotated[str, Field(max_length=500, pattern=_TEXT)]
    action: Literal["start", "end"] = "start"


BodyT = TypeVar("BodyT", bound=_Body)


def read(model: type[BodyT], body: object) -> BodyT | None:
    """The body of a fact, as anybody may have stated it; None if it does not fit."""
    try:
        return model.model_validate(body)
    except ValidationError:
        return None


def make(model: type[BodyT], values: dict[str, Any]) -> BodyT:
    """A body from what a person or program gives.

    Raises:
        Refused: MALFORMED, with the first field at fault.
    """
    try:
        return model.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Refused(Refusal.MALFORMED, ".".join(map(str, first["loc"])) or None, first["msg"]) from error
