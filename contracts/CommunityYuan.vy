# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy off
"""
@title Community Yuan
@license AGPL-3.0-only
@author Pinlian
@notice The settlement token of a neighbourhood: one token stands for one yuan that the treasury holds. The treasury
        mints when it is paid in and burns its own when it pays out; it can touch nobody else's.
@dev ERC-20 with EIP-2612 permits, by snekmate. The treasury role is snekmate's minter: the owner, and whom it appoints
     with set_minter. Not exported: burn_from, as only the treasury's own tokens may be burnt, and renounce_ownership,
     as somebody must answer for the money.
"""


# --- Modules ---

from snekmate.auth import ownable
from snekmate.tokens import erc20

initializes: ownable
initializes: erc20[ownable := ownable]


# --- Exports ---

exports: (
    erc20.name,
    erc20.symbol,
    erc20.decimals,
    erc20.totalSupply,
    erc20.balanceOf,
    erc20.transfer,
    erc20.transferFrom,
    erc20.approve,
    erc20.allowance,
    erc20.permit,
    erc20.nonces,
    erc20.DOMAIN_SEPARATOR,
    erc20.eip712Domain,
    erc20.mint,
    erc20.is_minter,
    erc20.set_minter,
    erc20.owner,
    erc20.transfer_ownership,
)


# --- Constructor ---

@deploy
def __init__(treasury: address):
    """
    @param treasury Owner and first minter.
    """
    assert treasury != empty(address), "yuan: treasury is the zero address"
    ownable.__init__()
    erc20.__init__("Community Yuan", "CNYC", 2, "Community Yuan", "1")
    if treasury != msg.sender:
        erc20.is_minter[msg.sender] = False
        log erc20.RoleMinterChanged(minter=msg.sender, status=False)
        ownable._transfer_ownership(treasury)
        erc20.is_minter[treasury] = True
        log erc20.RoleMinterChanged(minter=treasury, status=True)


# --- External ---

@external
def burn(amount: uint256):
    """
    @notice Destroy `amount` of the treasury's own tokens, for yuan that it paid out.
    """
    assert erc20.is_minter[msg.sender], "erc20: access is denied"
    erc20._burn(msg.sender, amount)
