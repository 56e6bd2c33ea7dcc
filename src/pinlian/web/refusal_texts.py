"""What a refusal means to the person who meets it, and what to do about it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pinlian.domain.refusals import Refusal

Words = str | Promise


@dataclass(frozen=True)
class RefusalText:
    """Both texts are in the language that is active when they are shown."""

    title: Words
    remedy: Words


_SIGN_AGAIN = _("Load the page again and sign once more.")
_TRY_LATER = _("Wait a moment and try again. Nothing was taken from your balance.")
_SEE_GROUP = _("Load the group's page again to see how it stands now.")
_SEE_ORDER = _("Load your order's page again to see how it stands now.")
_ASK_OPERATOR = _("If this happens again, tell the operator what you did.")

_TEXTS: dict[Refusal, RefusalText] = {
    Refusal.QUANTITY_ZERO: RefusalText(_("The quantity is zero."), _("Choose at least one.")),
    Refusal.ORDER_EXPIRED: RefusalText(_("This order was signed too long ago."), _SIGN_AGAIN),
    Refusal.STOCK_EXCEEDED: RefusalText(
        _("There is not that much left."), _("Choose a smaller quantity, or another group buy.")
    ),
    Refusal.SIGNATURE_INVALID: RefusalText(
        _("The signature does not fit what was sent."),
        _("Sign again on your own device. Do not change what you were shown."),
    ),
    Refusal.UNDERFUNDED: RefusalText(_("Your balance is too small."), _("Top up, then order again.")),
    Refusal.NONCE_USED: RefusalText(_("This was already done with the same signature."), _SIGN_AGAIN),
    Refusal.NONCE_TOO_FAR: RefusalText(
        _("Too many of your orders are waiting at once."), _("Wait until the earlier ones are through, then try again.")
    ),
    Refusal.GROUP_UNKNOWN: RefusalText(_("There is no such group."), _("Check the link, or look at what is on.")),
    Refusal.GROUP_NOT_OPEN: RefusalText(_("This group takes no more orders."), _("Look for another group with it.")),
    Refusal.OFFER_UNKNOWN: RefusalText(_("There is no such offer."), _("Check the link, or look at what is on.")),
    Refusal.GROUP_EXISTS: RefusalText(_("This group is open already."), _("See it under your groups.")),
    Refusal.TIMES_INVALID: RefusalText(
        _("The times do not fit together."),
        _("Ordering must end in the future, within 60 days; delivery comes after it, within 90 days."),
    ),
    Refusal.UNITS_MIN_INVALID: RefusalText(_("The minimum is not possible."), _("Ask for at least one unit.")),
    Refusal.PAUSED: RefusalText(
        _("New orders are stopped for the time being."),
        _("Your money and your returns are not affected. Try again when orders are taken again."),
    ),
    Refusal.RUNS_INVALID: RefusalText(_("The batch does not add up."), _ASK_OPERATOR),
    Refusal.MESSAGE_EXPIRED: RefusalText(_("This was signed too long ago."), _SIGN_AGAIN),
    Refusal.SIGNER_NOT_ALLOWED: RefusalText(
        _("Only somebody else may do this."), _("Log in with the account that it belongs to.")
    ),
    Refusal.TOO_EARLY: RefusalText(_("It is too early for this."), _("Wait until the time that the page shows.")),
    Refusal.TOO_LATE: RefusalText(_("The time for this is over."), _SEE_ORDER),
    Refusal.GROUP_NOT_CLOSED: RefusalText(_("The group is not at this point."), _SEE_GROUP),
    Refusal.GROUP_NOT_DELIVERED: RefusalText(_("The goods have not been delivered yet."), _SEE_GROUP),
    Refusal.GROUP_NOT_FAILED: RefusalText(_("The group has not failed."), _SEE_GROUP),
    Refusal.ALREADY_DONE: RefusalText(_("This was done already."), _SEE_GROUP),
    Refusal.ALREADY_LEFT: RefusalText(_("This order was cancelled, refunded or returned already."), _SEE_ORDER),
    Refusal.PROOF_INVALID: RefusalText(_("The proof does not fit the record."), _ASK_OPERATOR),
    Refusal.WINDOW_OVER: RefusalText(
        _("The time for returns and claims is over."), _("Speak with your leader or the merchant.")
    ),
    Refusal.RETURN_NOT_ADMITTED: RefusalText(
        _("These goods cannot be returned without a reason."), _("If something is wrong with them, make a claim.")
    ),
    Refusal.ASKED_INVALID: RefusalText(
        _("The amount asked for is not possible."),
        _("Ask for more than nothing and at most what you paid; a return asks for all of it."),
    ),
    Refusal.KIND_INVALID: RefusalText(_("This is neither a return nor a claim."), _("Choose one of the two.")),
    Refusal.CASE_NOT_OPEN: RefusalText(_("This case does not wait for an answer."), _SEE_ORDER),
    Refusal.CASE_NOT_REJECTED: RefusalText(_("This case does not wait for a ruling."), _SEE_ORDER),
    Refusal.AWARD_EXCEEDED: RefusalText(
        _("The award is more than was asked for."), _("Award at most the amount asked for.")
    ),
    Refusal.OFFER_EXISTS: RefusalText(_("This offer is published already."), _("See it under your offers.")),
    Refusal.MERCHANT_EMPTY: RefusalText(
        _("The offer names no merchant."), _("Make a signing key on this device first.")
    ),
    Refusal.LADDER_INVALID: RefusalText(
        _("The price ladder is not in order."),
        _("Begin at 1 unit; each further step needs more units and a lower price, above zero. At most five steps."),
    ),
    Refusal.STOCK_CAP_INVALID: RefusalText(
        _("The stock is not possible."), _("Enter how many units you can deliver, at least one.")
    ),
    Refusal.WINDOW_INVALID: RefusalText(
        _("The time for returns is not possible."), _("Choose at most 30 days after delivery.")
    ),
    Refusal.SHARES_EXCEEDED: RefusalText(
        _("The shares are too large."), _("The leader's and all other shares together may be at most 30%.")
    ),
    Refusal.PAYEE_EMPTY: RefusalText(_("A share goes to nobody."), _("Name an account for each share.")),
    Refusal.ACCOUNT_EMPTY: RefusalText(_("There is no account to pay to."), _("Name an account.")),
    Refusal.AMOUNT_ZERO: RefusalText(_("The amount is zero."), _("Enter an amount above zero.")),
    Refusal.AMOUNT_TOO_LARGE: RefusalText(_("The amount is too large."), _("Enter a smaller amount.")),
    Refusal.TRANSFER_FAILED: RefusalText(_("The payment could not be made."), _TRY_LATER),
    Refusal.PAUSE_INVALID: RefusalText(
        _("Orders cannot be stopped for that long."), _("Stop them for at most 14 days.")
    ),
    Refusal.MALFORMED: RefusalText(
        _("What was sent cannot be read."), _("Check the field that is named, and send it again.")
    ),
    Refusal.OVERSIZED: RefusalText(_("What was sent is too large."), _("Send less, or a smaller file.")),
    Refusal.WRONG_TERMS: RefusalText(
        _("The order was signed for other terms than the group's."), _("Load the group's page again and order there.")
    ),
    Refusal.WRONG_AMOUNT: RefusalText(
        _("The amount is not the price of this quantity."), _("Load the group's page again and order there.")
    ),
    Refusal.VALID_TOO_LONG: RefusalText(
        _("The order would stay valid for too long."), _("Sign it for at most an hour after ordering ends.")
    ),
    Refusal.DUPLICATE: RefusalText(_("This was sent before."), _("You need not do anything more.")),
    Refusal.CASE_UNKNOWN: RefusalText(_("There is no such return or claim."), _("Check the link.")),
    Refusal.ORDER_UNKNOWN: RefusalText(_("There is no such order."), _("See it under your orders.")),
    Refusal.NOT_YOURS: RefusalText(
        _("This belongs to somebody else."), _("Log in with the account that it belongs to.")
    ),
    Refusal.RATE_LIMITED: RefusalText(_("Too many tries in a short time."), _("Wait a few minutes, then try again.")),
    Refusal.UNAVAILABLE: RefusalText(_("This is not possible at the moment."), _TRY_LATER),
    Refusal.PICKUP_CODE_UNKNOWN: RefusalText(
        _("Nobody in this group has this pickup code."), _("Ask to see the code again and check the group.")
    ),
    Refusal.IDEMPOTENCY_KEY_REUSED: RefusalText(
        _("This idempotency key was used for another request."), _("Use a new key for a new request.")
    ),
    Refusal.MESSAGE_UNKNOWN: RefusalText(
        _("This message was never accepted here."), _("Check the address, or send the message again.")
    ),
    Refusal.ARBITER_NOT_ADMITTED: RefusalText(
        _("Somebody else than seller and buyer must rule on disputes."),
        _("Name the arbiter of this platform in the offer; a merchant cannot be its own."),
    ),
    Refusal.PAYMENT_UNKNOWN: RefusalText(_("There is no such payment."), _("Start the top-up again.")),
    Refusal.FACT_MALFORMED: RefusalText(
        _("This entry for the record cannot be read."), _("Check the field that is named, and send it again.")
    ),
    Refusal.FACT_OVERSIZED: RefusalText(
        _("This entry is too long for the record."), _("Divide it, or leave out what is not needed.")
    ),
    Refusal.FACT_SIGNATURE_INVALID: RefusalText(
        _("The signature does not fit this entry."), _("Sign again on your own device, for this record.")
    ),
    Refusal.FACT_KIND_NOT_ADMITTED: RefusalText(
        _("Entries of this kind cannot be handed in here."), _("Use the page that is made for it.")
    ),
    Refusal.FACT_AUTHOR_NOT_ADMITTED: RefusalText(
        _("This account may not make such an entry."), _("Sign with a key that belongs to your account here.")
    ),
    Refusal.FACT_TIME_INVALID: RefusalText(
        _("The entry's time lies in the future."), _("Set the clock of your device, then sign again.")
    ),
    Refusal.FACT_UNKNOWN: RefusalText(_("The record has no such entry."), _("Check the link.")),
}


def refusal_text(refusal: Refusal) -> RefusalText:
    """The words for a refusal."""
    return _TEXTS[refusal]
