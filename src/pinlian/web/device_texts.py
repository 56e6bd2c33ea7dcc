"""What the device says by itself, in the language of the page: frontend/src/texts.ts looks these up by name."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DEVICE_TEXTS: Mapping[str, Promise] = {
    # The dialog before signing
    "not_now": _("Not now"),
    "passphrase": _("Payment passphrase"),
    "passphrase_why": _("It opens your key on this device for a quarter of an hour. It is never sent anywhere."),
    "passphrase_wrong": _("That is not the passphrase. Try again."),
    "sign_order": _("Order with your neighbours"),
    "do_order": _("Pay and order"),
    "done_order": _("Ordered. Your money waits in escrow."),
    "sign_offer": _("Publish this offer"),
    "do_offer": _("Publish"),
    "done_offer": _("Published. It will be on sale in a moment."),
    "sign_group": _("Open this group"),
    "do_group": _("Open the group"),
    "done_group": _("Your group opens in a moment. Share it!"),
    "sign_cancel_order": _("Cancel this order"),
    "do_cancel_order": _("Cancel the order"),
    "done_cancel_order": _("Cancelled. The money comes back to your balance."),
    "sign_bump_nonce": _("Withdraw what you signed before"),
    "do_bump_nonce": _("Withdraw it"),
    "done_bump_nonce": _("What you signed before counts no longer."),
    "sign_withdraw": _("Take money out of your balance"),
    "do_withdraw": _("Take it out"),
    "done_withdraw": _("On its way to you."),
    "sign_cancel_group": _("Call this group off"),
    "do_cancel_group": _("Call it off, refund everybody"),
    "done_cancel_group": _("Called off. Everybody gets the money back."),
    "sign_confirm_delivery": _("Confirm that the goods are here"),
    "do_confirm_delivery": _("The goods are here"),
    "done_confirm_delivery": _("Confirmed. Neighbours can collect now."),
    "sign_open_case": _("Ask for money back"),
    "do_open_case": _("Send"),
    "done_open_case": _("Sent. The money for this order waits until it is decided."),
    "sign_answer_case": _("Answer this request"),
    "do_answer_case": _("Answer"),
    "done_answer_case": _("Answered."),
    "sign_rule_case": _("Rule on this request"),
    "do_rule_case": _("Rule"),
    "done_rule_case": _("Ruled."),
    # What a message says
    "quantity": _("Quantity"),
    "you_pay_now": _("You pay now"),
    "sending": _("Being written to the public books…"),
    "refused_later": _("The public books did not take it. Nothing has changed."),
    "price_from_units": _("Price from {units} on"),
    "stock": _("In stock"),
    "leader_share": _("Share of the group leader"),
    "payee_share": _("Share of another payee"),
    "units_min": _("Opens from"),
    "closes_at": _("Ordering ends"),
    "deliver_by": _("Delivery by"),
    "amount": _("Amount"),
    "case_kind": _("What"),
    "case_return": _("Return of the goods"),
    "case_claim": _("Something was wrong with the goods"),
    "asked": _("You ask for"),
    "answer": _("Your answer"),
    "answer_accept": _("Yes, give the money back"),
    "answer_reject": _("No, let the arbiter decide"),
    "award": _("To the buyer"),
    # The key
    "passphrase_weak": _("Too easy to guess: use at least 8 characters, not only digits."),
    "passphrase_differs": _("The two are not the same."),
    "telephone": _("Telephone"),
    "computer": _("Computer"),
    "key_made": _("Your key is ready. You can order now."),
    "locked": _("Locked. The passphrase is asked for next time."),
    "no_key": _("You have no payment key yet."),
    "no_key_remedy": _("Make one now; it takes a moment."),
    "not_reached": _("The server could not be reached."),
    "not_reached_remedy": _("Check your connection and try again. Nothing was lost."),
    # Proofs
    "checking": _("Checking on your device…"),
    "proof_order_holds": _("Your order is on the public books."),
    "proof_order_holds_why": _("Your device worked it out by itself and compared it with the contract. Block {block}."),
    "proof_group_holds": _("All members are real: {orders} orders, {units} units."),
    "proof_group_holds_why": _(
        "Your device recomputed every order of this group and compared it with the contract. Nobody was invented."
    ),
    "proof_group_differs": _("The list is not what the books have: {invented} too many, {hidden} missing."),
    "proof_broken": _("This does not agree with the public books."),
    "proof_broken_remedy": _(
        "Do not order or collect on the strength of it. Tell the auditor and keep a picture of this page."
    ),
    "proof_details": _("Details for those who want to check further"),
    "proof_leaf": _("Leaf"),
    "proof_path": _("Path {step}"),
    "proof_root": _("Root of the batch"),
    "proof_place": _("Batch / place"),
    "proof_block": _("Block"),
    "proof_transaction": _("Transaction"),
    "proof_contract": _("Contract (chain)"),
    "proof_batch": _("Batch {batch}"),
    "proof_run": _("{count} orders from place {first} on"),
    "node_unreachable": _("This node does not answer."),
    "node_other_chain": _("This node belongs to another chain, so it cannot tell."),
    "copy": _("Copy"),
    "copied": _("Copied."),
    # Pages
    "days_and_clock": _("{days} d {clock}"),
    "time_over": _("Time is up"),
    "camera_missing": _("No camera can be used here. Type the code instead."),
    "read_details": _("Read what buyers wrote for you"),
    "do_read_details": _("Read"),
}


def device_texts() -> dict[str, str]:
    """All texts in the active language."""
    return {name: str(words) for name, words in DEVICE_TEXTS.items()}
