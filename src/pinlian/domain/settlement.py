"""How released money is shared: rounded down for all but the merchant, who gets the rest with every rounding."""

from pinlian.domain.offer import BPS, Offer


def split(amount: int, offer: Offer, leader: bytes) -> list[tuple[bytes, int]]:
    """Who gets how much of `amount` (minor units) when it is released.

    Returns:
        Pairs of account and amount in the order in which the contract pays: leader, payees, merchant; shares of
        nothing are left out. One account may appear more than once. They add up to `amount` exactly.
    """
    shares = [(leader, amount * offer.leader_bps // BPS)]
    shares += [(payee.account, amount * payee.share_bps // BPS) for payee in offer.payees]
    shares.append((offer.merchant, amount - sum(share for _, share in shares)))
    return [(account, share) for account, share in shares if share > 0]
