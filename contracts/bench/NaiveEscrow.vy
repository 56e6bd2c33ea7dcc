# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Naive escrow, for comparison only
@license AGPL-3.0-only
@author Pinlian
@notice Group buying as it is written at first: each buyer sends a transaction of its own, which takes the price from its
        tokens and keeps the order in storage. No ladder, no returns, no disputes: what is compared is an order.
"""


# --- Interfaces ---

from ethereum.ercs import IERC20


# --- Immutables ---

TOKEN: immutable(IERC20)


# --- Structs ---

struct Group:
    merchant: address
    price: uint256
    units_left: uint256
    units_min: uint256
    units: uint256
    closes_at: uint256
    paid: bool


struct Order:
    group: uint256
    buyer: address
    quantity: uint256
    amount: uint256
    details: bytes32
    refunded: bool


# --- Events ---

event GroupOpened:
    group: indexed(uint256)
    merchant: indexed(address)


event OrderPlaced:
    order: indexed(uint256)
    group: indexed(uint256)
    buyer: indexed(address)
    quantity: uint256
    amount: uint256
    details: bytes32


event OrderRefunded:
    order: indexed(uint256)


event GroupPaid:
    group: indexed(uint256)
    amount: uint256


# --- State ---

group_count: public(uint256)
groups: public(HashMap[uint256, Group])
order_count: public(uint256)
orders: public(HashMap[uint256, Order])
orders_of_group: public(HashMap[uint256, uint256])


# --- Constructor ---

@deploy
def __init__(token: IERC20):
    TOKEN = token


# --- External ---

@external
def open_group(price: uint256, stock_cap: uint256, units_min: uint256, closes_at: uint256) -> uint256:
    """
    @notice Open a group of the caller's goods.
    """
    assert price > 0 and closes_at > block.timestamp, "naive: terms are invalid"
    self.group_count += 1
    group: uint256 = self.group_count
    self.groups[group] = Group(
        merchant=msg.sender,
        price=price,
        units_left=stock_cap,
        units_min=units_min,
        units=0,
        closes_at=closes_at,
        paid=False,
    )
    log GroupOpened(group=group, merchant=msg.sender)
    return group


@external
def place_order(group: uint256, quantity: uint256, details: bytes32) -> uint256:
    """
    @notice Order from a group and pay for it.
    """
    assert block.timestamp < self.groups[group].closes_at, "naive: group is not open"
    assert quantity > 0, "naive: quantity is zero"
    assert quantity <= self.groups[group].units_left, "naive: stock is exceeded"
    amount: uint256 = quantity * self.groups[group].price
    self.groups[group].units_left -= quantity
    self.groups[group].units += quantity
    self.order_count += 1
    order: uint256 = self.order_count
    self.orders[order] = Order(
        group=group, buyer=msg.sender, quantity=quantity, amount=amount, details=details, refunded=False
    )
    self.orders_of_group[group] += 1
    log OrderPlaced(order=order, group=group, buyer=msg.sender, quantity=quantity, amount=amount, details=details)
    assert extcall TOKEN.transferFrom(msg.sender, self, amount, default_return_value=True), "naive: transfer failed"
    return order


@external
def refund_order(order: uint256):
    """
    @notice Pay an order of a failed group back to its buyer.
    """
    group: uint256 = self.orders[order].group
    assert block.timestamp >= self.groups[group].closes_at, "naive: group is open"
    assert self.groups[group].units < self.groups[group].units_min, "naive: group has succeeded"
    assert self.orders[order].amount > 0 and not self.orders[order].refunded, "naive: nothing to refund"
    self.orders[order].refunded = True
    log OrderRefunded(order=order)
    assert extcall TOKEN.transfer(
        self.orders[order].buyer, self.orders[order].amount, default_return_value=True
    ), "naive: transfer failed"


@external
def pay_out(group: uint256):
    """
    @notice Pay a successful group's money to its merchant.
    """
    assert block.timestamp >= self.groups[group].closes_at, "naive: group is open"
    assert self.groups[group].units >= self.groups[group].units_min, "naive: group has failed"
    assert not self.groups[group].paid, "naive: group is paid"
    self.groups[group].paid = True
    amount: uint256 = self.groups[group].units * self.groups[group].price
    log GroupPaid(group=group, amount=amount)
    assert extcall TOKEN.transfer(
        self.groups[group].merchant, amount, default_return_value=True
    ), "naive: transfer failed"
