"""How released money is shared: rounded down for all but the merchant, who gets the rest with every rounding."""

from pinlian.domain.offer import BPS, Offer, Payee


def merchants_share(amount: int, leader_bps: int, payees: tuple[Payee, ...]) -> int:
    """What is left of `amount` (minor units) for the merchant when leader and payees have theirs."""
    return amount - amount * leader_bps // BPS - sum(amount * payee.share_bps // BPS for payee in payees)


def split(amount: int, offer: Offer, leader: bytes) -> list[tuple[bytes, int]]:
    """Who gets how much of `amount` (minor units) when it is released.

    Returns:
        Pairs of account and amount in the order in which the contract pays: leader, payees, merchant; shares of
        nothing are left out. One account may appear more than once. They add up to `amount` exactly.
    """
    shares = [(leader, amount * offer.leader_bps // BPS)]
    shares += [(payee.account, amount * payee.share_bps // BPS) for payee in offer.payees]
    shares.append((offer.merchant, merchants_share(amount, offer.leader_bps, offer.payees)))
    return [(account, share) for account, share in shares if share > 0]
