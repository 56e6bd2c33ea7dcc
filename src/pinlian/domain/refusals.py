"""Why something is refused: one name and number from the contract to the user's text."""

from enum import IntEnum


class Refusal(IntEnum):
    """Below 100: the contract's own (contracts/Escrow.vy has the same names). From 100: found before the chain."""

    QUANTITY_ZERO = 1
    ORDER_EXPIRED = 2
    STOCK_EXCEEDED = 3
    SIGNATURE_INVALID = 4
    UNDERFUNDED = 5
    NONCE_USED = 6
    NONCE_TOO_FAR = 7
    GROUP_UNKNOWN = 8
    GROUP_NOT_OPEN = 9
    OFFER_UNKNOWN = 10
    GROUP_EXISTS = 11
    TIMES_INVALID = 12
    UNITS_MIN_INVALID = 13
    PAUSED = 14
    RUNS_INVALID = 15
    MESSAGE_EXPIRED = 16
    SIGNER_NOT_ALLOWED = 17
    TOO_EARLY = 18
    TOO_LATE = 19
    GROUP_NOT_CLOSED = 20
    GROUP_NOT_DELIVERED = 21
    GROUP_NOT_FAILED = 22
    ALREADY_DONE = 23
    ALREADY_LEFT = 24
    PROOF_INVALID = 25
    WINDOW_OVER = 26
    RETURN_NOT_ADMITTED = 27
    ASKED_INVALID = 28
    KIND_INVALID = 29
    CASE_NOT_OPEN = 30
    CASE_NOT_REJECTED = 31
    AWARD_EXCEEDED = 32
    OFFER_EXISTS = 33
    MERCHANT_EMPTY = 34
    LADDER_INVALID = 35
    STOCK_CAP_INVALID = 36
    WINDOW_INVALID = 37
    SHARES_EXCEEDED = 38
    PAYEE_EMPTY = 39
    ACCOUNT_EMPTY = 40
    AMOUNT_ZERO = 41
    AMOUNT_TOO_LARGE = 42
    TRANSFER_FAILED = 43
    PAUSE_INVALID = 44

    MALFORMED = 100
    OVERSIZED = 101
    WRONG_TERMS = 102
    """The order names another offer than its group's."""
    WRONG_AMOUNT = 103
    """The amount is not the quantity at the offer's first price."""
    VALID_TOO_LONG = 104
    """The order stays valid for more than an hour after its group closes."""
    DUPLICATE = 105
    CASE_UNKNOWN = 106
    ORDER_UNKNOWN = 107
    NOT_YOURS = 108
    RATE_LIMITED = 109
    UNAVAILABLE = 110
    PICKUP_CODE_UNKNOWN = 111
    IDEMPOTENCY_KEY_REUSED = 112
    """The key came before with another request."""
    PAYMENT_UNKNOWN = 113
    MESSAGE_UNKNOWN = 114
    ARBITER_NOT_ADMITTED = 115
    """The offer names another arbiter than this installation's, or the merchant itself."""

    FACT_MALFORMED = 120
    FACT_OVERSIZED = 121
    FACT_SIGNATURE_INVALID = 122
    """The account that the fact names did not sign it for this record."""
    FACT_KIND_NOT_ADMITTED = 123
    """Nobody may hand in facts of this kind over HTTP."""
    FACT_AUTHOR_NOT_ADMITTED = 124
    """This account may not state facts of this kind here."""
    FACT_TIME_INVALID = 125
    """The author's clock is far ahead."""
    FACT_UNKNOWN = 126


CONTRACT_REFUSALS_END = 100


class Refused(Exception):
    """A message or request is refused and changed nothing.

    Attributes:
        refusal: why.
        field: name of the field at fault, if one is.
        detail: for logs and developers, in English; users read a text chosen by the refusal's name.
    """

    def __init__(self, refusal: Refusal, field: str | None = None, detail: str = "") -> None:
        super().__init__(refusal.name, field, detail)
        self.refusal = refusal
        self.field = field
        self.detail = detail

    def __str__(self) -> str:
        return ": ".join(part for part in (self.refusal.name, self.field, self.detail) if part)
