# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Escrow of community group buying
@license AGPL-3.0-only
@author Pinlian
@notice Holds the money of group buys from the order until the goods are accepted. One escrow serves one
        settlement token. It has no owner and cannot be upgraded; nobody can move money except as the
        parties signed. docs/protocol/escrow.md explains every state, message and amount.
@dev Amounts are whole minor units of the token. Times are seconds since the Unix epoch. Every signed
     message is EIP-712 typed data of the domain "Pinlian Escrow", version "1".
"""


# --- Interfaces ---

from ethereum.ercs import IERC20

from snekmate.tokens.interfaces import IERC20Permit


# --- Constants ---

ORDERS_MAX: public(constant(uint256)) = 128
GROUPS_MAX: public(constant(uint256)) = 32
LADDER_STEPS_MAX: public(constant(uint256)) = 5
PAYEES_MAX: public(constant(uint256)) = 6
SIGNATURE_BYTES_MAX: constant(uint256) = 512
PAUSERS_MAX: constant(uint256) = 3

# Cap on leader_bps plus all payees' share_bps; the merchant always keeps the rest.
SHARES_BPS_MAX: public(constant(uint256)) = 3_000
BPS: constant(uint256) = 10_000

PAUSE_SECONDS_MAX: public(constant(uint256)) = 14 * 86_400
DELIVERY_GRACE_SECONDS: public(constant(uint256)) = 86_400
ANSWER_SECONDS: public(constant(uint256)) = 2 * 86_400
RULING_SECONDS: public(constant(uint256)) = 7 * 86_400
WINDOW_SECONDS_MAX: public(constant(uint256)) = 30 * 86_400
OPEN_SECONDS_MAX: public(constant(uint256)) = 60 * 86_400
DELIVERY_SECONDS_MAX: public(constant(uint256)) = 90 * 86_400

# Window kinds of an offer. FRESHNESS admits claims only; NO_REASON admits returns as well.
WINDOW_FRESHNESS: constant(uint256) = 0
WINDOW_NO_REASON: constant(uint256) = 1

# Group states only go up.
GROUP_NONE: constant(uint256) = 0
GROUP_OPEN: constant(uint256) = 1
GROUP_CLOSED: constant(uint256) = 2
GROUP_DELIVERED: constant(uint256) = 3
GROUP_SETTLED: constant(uint256) = 4
GROUP_FAILED: constant(uint256) = 5

# Why a group failed.
FAILED_UNITS_MIN: constant(uint256) = 1
FAILED_UNDELIVERED: constant(uint256) = 2
FAILED_CANCELLED: constant(uint256) = 3

CASE_RETURN: constant(uint256) = 1
CASE_CLAIM: constant(uint256) = 2

CASE_NONE: constant(uint256) = 0
CASE_OPENED: constant(uint256) = 1
CASE_REJECTED: constant(uint256) = 2
CASE_CLOSED: constant(uint256) = 3

# How a case ended.
DECIDED_ACCEPTED: constant(uint256) = 1
DECIDED_RULED: constant(uint256) = 2
DECIDED_TIMEOUT: constant(uint256) = 3

# Refusals. A call that is refused reverts with the custom error Refused(uint256 refusal); an entry of a batch is
# skipped and its refusal is in the event. domain/refusals.py has the same names and numbers.
QUANTITY_ZERO: constant(uint256) = 1
ORDER_EXPIRED: constant(uint256) = 2
STOCK_EXCEEDED: constant(uint256) = 3
SIGNATURE_INVALID: constant(uint256) = 4
UNDERFUNDED: constant(uint256) = 5
NONCE_USED: constant(uint256) = 6
NONCE_TOO_FAR: constant(uint256) = 7
GROUP_UNKNOWN: constant(uint256) = 8
GROUP_NOT_OPEN: constant(uint256) = 9
OFFER_UNKNOWN: constant(uint256) = 10
GROUP_EXISTS: constant(uint256) = 11
TIMES_INVALID: constant(uint256) = 12
UNITS_MIN_INVALID: constant(uint256) = 13
PAUSED: constant(uint256) = 14
RUNS_INVALID: constant(uint256) = 15
MESSAGE_EXPIRED: constant(uint256) = 16
SIGNER_NOT_ALLOWED: constant(uint256) = 17
TOO_EARLY: constant(uint256) = 18
TOO_LATE: constant(uint256) = 19
GROUP_NOT_CLOSED: constant(uint256) = 20
GROUP_NOT_DELIVERED: constant(uint256) = 21
GROUP_NOT_FAILED: constant(uint256) = 22
ALREADY_DONE: constant(uint256) = 23
ALREADY_LEFT: constant(uint256) = 24
PROOF_INVALID: constant(uint256) = 25
WINDOW_OVER: constant(uint256) = 26
RETURN_NOT_ADMITTED: constant(uint256) = 27
ASKED_INVALID: constant(uint256) = 28
KIND_INVALID: constant(uint256) = 29
CASE_NOT_OPEN: constant(uint256) = 30
CASE_NOT_REJECTED: constant(uint256) = 31
AWARD_EXCEEDED: constant(uint256) = 32
OFFER_EXISTS: constant(uint256) = 33
MERCHANT_EMPTY: constant(uint256) = 34
LADDER_INVALID: constant(uint256) = 35
STOCK_CAP_INVALID: constant(uint256) = 36
WINDOW_INVALID: constant(uint256) = 37
SHARES_EXCEEDED: constant(uint256) = 38
PAYEE_EMPTY: constant(uint256) = 39
ACCOUNT_EMPTY: constant(uint256) = 40
AMOUNT_ZERO: constant(uint256) = 41
AMOUNT_TOO_LARGE: constant(uint256) = 42
TRANSFER_FAILED: constant(uint256) = 43
PAUSE_INVALID: constant(uint256) = 44

# First word of each hashed node: its kind in the top byte, so that no node can pass for another kind.
LEAF: constant(uint256) = 1 << 248
RUN_NODE: constant(uint256) = 2 << 248
RUN: constant(uint256) = 3 << 248
BATCH_NODE: constant(uint256) = 4 << 248
BATCH: constant(uint256) = 5 << 248
# A batch of 128 runs of one order has a path of 7 steps to the run; one run of 128 has 7 inside it. Both are
# never long at once, but 14 covers every shape.
PATH_MAX: constant(uint256) = 14
TREE_LEVELS: constant(uint256) = 7
# A tree that grows is kept as its peaks: the k-th is the root of the full subtree of 2**k nodes that stands where bit
# k of the number of nodes is set. A new node joins the peaks of the bits that it carries over.
PEAKS: constant(uint256) = TREE_LEVELS + 1

MASK_8: constant(uint256) = 2**8 - 1
MASK_16: constant(uint256) = 2**16 - 1
MASK_32: constant(uint256) = 2**32 - 1
MASK_40: constant(uint256) = 2**40 - 1
MASK_64: constant(uint256) = 2**64 - 1
MASK_96: constant(uint256) = 2**96 - 1
MASK_128: constant(uint256) = 2**128 - 1
MASK_255: constant(uint256) = 2**255 - 1
# Half the order of secp256k1: signatures above it are the malleable twin and are refused (EIP-2).
S_MAX: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168

# First bytes of an EIP-712 digest.
DIGEST_PREFIX: constant(bytes2) = 0x1901

# What isValidSignature of EIP-1271 returns, as a full word.
MAGIC_1271: constant(bytes32) = 0x1626ba7e00000000000000000000000000000000000000000000000000000000

DOMAIN_TYPEHASH: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
NAME: constant(String[14]) = "Pinlian Escrow"
VERSION: constant(String[1]) = "1"

ORDER_TYPEHASH: constant(bytes32) = keccak256(
    "Order(bytes32 group,bytes32 offer,uint256 quantity,uint256 amount,uint256 nonce,uint256 valid_until,bytes32 details)"
)
OFFER_TYPEHASH: constant(bytes32) = keccak256(
    "Offer(address merchant,address arbiter,uint256 stock_cap,uint256 window_kind,uint256 window_seconds,uint256 leader_bps,Step[] ladder,Payee[] payees,bytes32 terms,uint256 salt)Payee(address account,uint256 share_bps)Step(uint256 units_min,uint256 price)"
)
STEP_TYPEHASH: constant(bytes32) = keccak256("Step(uint256 units_min,uint256 price)")
PAYEE_TYPEHASH: constant(bytes32) = keccak256("Payee(address account,uint256 share_bps)")
GROUP_TYPEHASH: constant(bytes32) = keccak256(
    "Group(bytes32 offer,address leader,uint256 units_min,uint256 closes_at,uint256 deliver_by,bytes32 pickup,uint256 salt)"
)
CANCEL_ORDER_TYPEHASH: constant(bytes32) = keccak256("CancelOrder(bytes32 group,uint256 order_nonce)")
BUMP_NONCE_TYPEHASH: constant(bytes32) = keccak256("BumpNonce(uint256 nonce_base)")
WITHDRAW_TYPEHASH: constant(bytes32) = keccak256(
    "Withdraw(address to,uint256 amount,uint256 nonce,uint256 valid_until)"
)
CANCEL_GROUP_TYPEHASH: constant(bytes32) = keccak256("CancelGroup(bytes32 group)")
CONFIRM_DELIVERY_TYPEHASH: constant(bytes32) = keccak256("ConfirmDelivery(bytes32 group)")
OPEN_CASE_TYPEHASH: constant(bytes32) = keccak256(
    "OpenCase(bytes32 group,uint256 order_nonce,uint256 kind,uint256 asked,bytes32 evidence)"
)
ANSWER_CASE_TYPEHASH: constant(bytes32) = keccak256("AnswerCase(bytes32 case_id,bool accepted)")
RULE_CASE_TYPEHASH: constant(bytes32) = keccak256("RuleCase(bytes32 case_id,uint256 award)")


# --- Immutables ---

TOKEN: public(immutable(IERC20))
CACHED_CHAIN_ID: immutable(uint256)
CACHED_DOMAIN: immutable(bytes32)


# --- Structs ---

# The terms of a merchant. A step of the ladder is units_min << 96 | price, a payee is account << 16 | share_bps;
# the merchant signs them unpacked, as the typed data Step and Payee.
struct Offer:
    merchant: address
    arbiter: address
    stock_cap: uint256
    window_kind: uint256
    window_seconds: uint256
    leader_bps: uint256
    ladder: DynArray[uint256, LADDER_STEPS_MAX]
    payees: DynArray[uint256, PAYEES_MAX]
    terms: bytes32
    salt: uint256


struct SignedGroup:
    offer: bytes32
    leader: address
    units_min: uint256
    closes_at: uint256
    deliver_by: uint256
    pickup: bytes32
    salt: uint256
    r: bytes32
    vs: bytes32


# A stretch of orders of one group.
struct Run:
    group: bytes32
    count: uint256


# packed = quantity << 104 | nonce << 40 | valid_until; (r, vs) is the compact signature of ERC-2098. An empty r
# means that the caller is the buyer: so orders a contract that has no key.
struct SignedOrder:
    packed: uint256
    details: bytes32
    r: bytes32
    vs: bytes32


# payload = buyer << 96 | quantity << 64 | nonce
struct Leaf:
    payload: uint256
    details: bytes32


# Where a leaf stands: the run starts at first_index in the batch and has count leaves; it is number
# run_index of runs. siblings go from the leaf to the run's root, then from the run to the batch's root.
struct Place:
    batch: uint256
    index: uint256
    group: bytes32
    first_index: uint256
    count: uint256
    run_index: uint256
    runs: uint256


struct GroupState:
    state: uint256
    step: uint256
    units: uint256
    units_unrebated: uint256
    units_min: uint256
    closes_at: uint256
    deliver_by: uint256
    delivered_at: uint256


struct Case:
    group: bytes32
    buyer: address
    kind: uint256
    state: uint256
    decide_by: uint256
    amount: uint256
    asked: uint256


struct PauseState:
    batch_count: uint256
    stopped_seconds: uint256
    started_at: uint256
    ends_at: uint256


# --- Events ---

event Deposited:
    account: indexed(address)
    payer: indexed(address)
    amount: uint256


event Withdrawn:
    account: indexed(address)
    to: indexed(address)
    amount: uint256
    nonce: uint256


event NonceBumped:
    account: indexed(address)
    nonce_base: uint256


event OfferPublished:
    offer: indexed(bytes32)
    merchant: indexed(address)
    arbiter: address
    stock_cap: uint256
    window_kind: uint256
    window_seconds: uint256
    leader_bps: uint256
    ladder: DynArray[uint256, LADDER_STEPS_MAX]
    payees: DynArray[uint256, PAYEES_MAX]
    terms: bytes32
    salt: uint256


event GroupOpened:
    group: indexed(bytes32)
    offer: indexed(bytes32)
    leader: indexed(address)
    units_min: uint256
    closes_at: uint256
    deliver_by: uint256
    pickup: bytes32
    salt: uint256


# refused: position << 8 | refusal
event GroupsRefused:
    refused: DynArray[uint256, GROUPS_MAX]


# runs hold how many orders of each group were placed; leaves are in order of their index.
# refused: position << 8 | refusal, the position being that in the call.
event OrdersPlaced:
    batch: indexed(uint256)
    root: bytes32
    runs: DynArray[Run, ORDERS_MAX]
    leaves: DynArray[Leaf, ORDERS_MAX]
    refused: DynArray[uint256, ORDERS_MAX]


event OrderCancelled:
    group: indexed(bytes32)
    buyer: indexed(address)
    batch: uint256
    index: uint256
    amount: uint256


event GroupClosed:
    group: indexed(bytes32)
    units: uint256
    step: uint256
    price: uint256


event GroupFailed:
    group: indexed(bytes32)
    units: uint256
    reason: uint256


# marks: bit i stands for leaf i of the batch.
event RunRefunded:
    group: indexed(bytes32)
    batch: indexed(uint256)
    marks: uint256
    amount: uint256


event RunRebated:
    group: indexed(bytes32)
    batch: indexed(uint256)
    marks: uint256
    amount: uint256


event GroupDelivered:
    group: indexed(bytes32)
    delivered_at: uint256


event CaseOpened:
    case_id: indexed(bytes32)
    group: indexed(bytes32)
    buyer: indexed(address)
    batch: uint256
    index: uint256
    kind: uint256
    amount: uint256
    asked: uint256
    evidence: bytes32
    decide_by: uint256
    rebate: uint256


event CaseRejected:
    case_id: indexed(bytes32)
    decide_by: uint256


event CaseClosed:
    case_id: indexed(bytes32)
    group: indexed(bytes32)
    award: uint256
    released: uint256
    decided: uint256


event GroupSettled:
    group: indexed(bytes32)
    units: uint256
    amount: uint256


event PaidOut:
    group: indexed(bytes32)
    account: indexed(address)
    amount: uint256


event Paused:
    pauser: indexed(address)
    ends_at: uint256


# --- State ---

# All deposits less all withdrawals; never token.balanceOf(self), so that gifts change nothing.
held: public(uint256)

# nonce bitmap << 192 | nonce base << 128 | balance. Bit i of the bitmap: nonce base + i is used.
accounts: HashMap[address, uint256]

# leader_bps << 200 | window_kind << 192 | window_seconds << 160 | units_sold << 128 | stock_cap << 96 | first price
offers: HashMap[bytes32, uint256]
merchants: HashMap[bytes32, address]
arbiters: HashMap[bytes32, address]
ladders: HashMap[bytes32, DynArray[uint256, LADDER_STEPS_MAX]]
payees: HashMap[bytes32, DynArray[uint256, PAYEES_MAX]]

# delivered_at << 192 | deliver_by << 152 | closes_at << 112 | units_min << 80 | units_unrebated << 48
# | units << 16 | step << 8 | state
groups: HashMap[bytes32, uint256]
group_offers: HashMap[bytes32, bytes32]
leaders: HashMap[bytes32, address]

batch_roots: public(HashMap[uint256, bytes32])
# rebated leaves << 128 | leaves that left early
batch_marks: public(HashMap[uint256, uint256])

cases: public(HashMap[bytes32, Case])

pausers: public(HashMap[address, bool])
# ends_at << 144 | started_at << 104 | stopped_seconds << 64 | batch_count
pause_state: uint256


# --- Constructor ---

@deploy
def __init__(token: IERC20, pausers: DynArray[address, PAUSERS_MAX]):
    """
    @param token The settlement token: no fee on transfer, no rebasing, supply below 2**128.
    @param pausers Who may stop new orders, once each, for at most PAUSE_SECONDS_MAX.
    """
    TOKEN = token
    CACHED_CHAIN_ID = chain.id
    CACHED_DOMAIN = self._compute_domain()
    for pauser: address in pausers:
        self.pausers[pauser] = True


# --- External: accounts ---

@external
def deposit(account: address, amount: uint256):
    """
    @notice Take `amount` of the token from the caller and credit it to `account`.
    """
    self._deposit(msg.sender, account, amount)


@external
def deposit_with_permit(owner: address, amount: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32):
    """
    @notice Credit `owner` from the owner's own tokens by an EIP-2612 permit; anyone may submit it.
    @dev A permit that somebody else used first does no harm: the allowance it left is the amount. A standing
         approval is another sum, and is not for others to use.
    """
    if staticcall TOKEN.allowance(owner, self) != amount:
        extcall IERC20Permit(TOKEN.address).permit(owner, self, amount, deadline, v, r, s)
    self._deposit(owner, owner, amount)


@external
def withdraw(to: address, amount: uint256):
    """
    @notice Pay `amount` of the caller's balance to `to`.
    """
    self._withdraw(msg.sender, to, amount, max_value(uint256))


@external
def withdraw_signed(
    account: address,
    to: address,
    amount: uint256,
    nonce: uint256,
    valid_until: uint256,
    signature: Bytes[SIGNATURE_BYTES_MAX],
):
    """
    @notice Pay `amount` of `account`'s balance to `to`, as the account signed.
    """
    self._require(block.timestamp <= valid_until, MESSAGE_EXPIRED)
    self._authorise(account, keccak256(abi_encode(WITHDRAW_TYPEHASH, to, amount, nonce, valid_until)), signature)
    word: uint256 = self.accounts[account]
    refusal: uint256 = self._nonce_refusal(word, nonce)
    self._require(refusal != NONCE_USED, NONCE_USED)
    self._require(refusal == 0, NONCE_TOO_FAR)
    self.accounts[account] = self._use_nonce(word, nonce)
    self._withdraw(account, to, amount, nonce)


@external
def bump_nonce(account: address, nonce_base: uint256, signature: Bytes[SIGNATURE_BYTES_MAX]):
    """
    @notice Void every message of `account` that is signed with a nonce below `nonce_base`.
    """
    self._authorise(account, keccak256(abi_encode(BUMP_NONCE_TYPEHASH, nonce_base)), signature)
    word: uint256 = self.accounts[account]
    base: uint256 = (word >> 128) & MASK_64
    self._require(nonce_base > base, NONCE_USED)
    self._require(nonce_base <= base + 64, NONCE_TOO_FAR)
    bitmap: uint256 = (word >> 192) >> (nonce_base - base)
    self.accounts[account] = self._settle_nonces(word & MASK_128, nonce_base, bitmap)
    log NonceBumped(account=account, nonce_base=nonce_base)


# --- External: offers and groups ---

@external
def publish_offer(offer: Offer, signature: Bytes[SIGNATURE_BYTES_MAX]) -> bytes32:
    """
    @notice Register the terms that the merchant signed. They can never change.
    @return The offer's identifier: the EIP-712 struct hash of the offer.
    """
    self._require(offer.merchant != empty(address), MERCHANT_EMPTY)
    self._require(offer.stock_cap > 0 and offer.stock_cap <= MASK_32, STOCK_CAP_INVALID)
    self._require(offer.window_kind <= WINDOW_NO_REASON and offer.window_seconds <= WINDOW_SECONDS_MAX, WINDOW_INVALID)

    self._require(len(offer.ladder) > 0 and offer.ladder[0] >> 96 == 1, LADDER_INVALID)
    hashes: DynArray[bytes32, PAYEES_MAX] = []
    units_before: uint256 = 0
    price_before: uint256 = MASK_96 + 1
    for step: uint256 in offer.ladder:
        units_min: uint256 = step >> 96
        price: uint256 = step & MASK_96
        self._require(
            units_min > units_before and units_min <= MASK_32 and price > 0 and price < price_before, LADDER_INVALID
        )
        units_before = units_min
        price_before = price
        hashes.append(keccak256(abi_encode(STEP_TYPEHASH, units_min, price)))
    ladder_hash: bytes32 = self._hash_words(hashes)

    self._require(offer.leader_bps <= SHARES_BPS_MAX, SHARES_EXCEEDED)
    hashes = []
    shares_bps: uint256 = offer.leader_bps
    for payee: uint256 in offer.payees:
        self._require(payee >> 16 != 0 and payee >> 176 == 0, PAYEE_EMPTY)
        shares_bps += payee & MASK_16
        hashes.append(keccak256(abi_encode(PAYEE_TYPEHASH, payee >> 16, payee & MASK_16)))
    self._require(shares_bps <= SHARES_BPS_MAX, SHARES_EXCEEDED)

    offer_id: bytes32 = keccak256(
        abi_encode(
            OFFER_TYPEHASH,
            offer.merchant,
            offer.arbiter,
            offer.stock_cap,
            offer.window_kind,
            offer.window_seconds,
            offer.leader_bps,
            ladder_hash,
            self._hash_words(hashes),
            offer.terms,
            offer.salt,
        )
    )
    self._require(self.offers[offer_id] == 0, OFFER_EXISTS)
    self._authorise(offer.merchant, offer_id, signature)

    self.offers[offer_id] = (
        (offer.leader_bps << 200)
        | (offer.window_kind << 192)
        | (offer.window_seconds << 160)
        | (offer.stock_cap << 96)
        | (offer.ladder[0] & MASK_96)
    )
    self.merchants[offer_id] = offer.merchant
    self.arbiters[offer_id] = offer.arbiter
    self.ladders[offer_id] = offer.ladder
    self.payees[offer_id] = offer.payees
    log OfferPublished(
        offer=offer_id,
        merchant=offer.merchant,
        arbiter=offer.arbiter,
        stock_cap=offer.stock_cap,
        window_kind=offer.window_kind,
        window_seconds=offer.window_seconds,
        leader_bps=offer.leader_bps,
        ladder=offer.ladder,
        payees=offer.payees,
        terms=offer.terms,
        salt=offer.salt,
    )
    return offer_id


@external
def open_groups(openings: DynArray[SignedGroup, GROUPS_MAX]):
    """
    @notice Open the groups that their leaders signed. A bad opening is refused and named in GroupsRefused;
            the others open all the same. A leader that is a contract opens its group in its own transaction.
    """
    domain: bytes32 = self._domain()
    refused: DynArray[uint256, GROUPS_MAX] = []
    position: uint256 = 0
    for opening: SignedGroup in openings:
        group: bytes32 = keccak256(
            abi_encode(
                GROUP_TYPEHASH,
                opening.offer,
                opening.leader,
                opening.units_min,
                opening.closes_at,
                opening.deliver_by,
                opening.pickup,
                opening.salt,
            )
        )
        refusal: uint256 = self._opening_refusal(domain, group, opening)
        if refusal == 0:
            self.groups[group] = (
                (opening.deliver_by << 152) | (opening.closes_at << 112) | (opening.units_min << 80) | GROUP_OPEN
            )
            self.group_offers[group] = opening.offer
            self.leaders[group] = opening.leader
            log GroupOpened(
                group=group,
                offer=opening.offer,
                leader=opening.leader,
                units_min=opening.units_min,
                closes_at=opening.closes_at,
                deliver_by=opening.deliver_by,
                pickup=opening.pickup,
                salt=opening.salt,
            )
        else:
            refused.append((position << 8) | refusal)
        position += 1
    if len(refused) > 0:
        log GroupsRefused(refused=refused)


# --- External: orders ---

@external
def place_orders(runs: DynArray[Run, ORDERS_MAX], orders: DynArray[SignedOrder, ORDERS_MAX]):
    """
    @notice Place signed orders; anyone may submit them. A bad order is refused and named in OrdersPlaced;
            the others are placed all the same.
    @param runs Stretches of `orders`, in their order; the counts must add up to the number of orders.
    @param orders The orders, those of one run beside each other.
    @dev Why unsafe_ arithmetic is safe here, where it is not said beside it: counts and indices are at most ORDERS_MAX;
         batches are counted one by one; units sold never exceed the stock cap, and a quantity never what is left of it.
    """
    pause_state: uint256 = self.pause_state
    self._require(block.timestamp >= pause_state >> 144, PAUSED)
    batch: uint256 = unsafe_add(pause_state & MASK_64, 1)
    digest_head: Bytes[34] = concat(DIGEST_PREFIX, self._domain())

    placed_runs: DynArray[Run, ORDERS_MAX] = []
    leaves: DynArray[Leaf, ORDERS_MAX] = []
    refused: DynArray[uint256, ORDERS_MAX] = []
    # Peaks of the tree of the run's leaves, and of the tree of runs: see _top.
    leaf_peaks: bytes32[PEAKS] = empty(bytes32[PEAKS])
    run_peaks: bytes32[PEAKS] = empty(bytes32[PEAKS])

    position: uint256 = 0
    placed: uint256 = 0
    for run: Run in runs:
        self._require(run.count <= len(orders) - position, RUNS_INVALID)
        run_end: uint256 = position + run.count
        group_word: uint256 = self.groups[run.group]
        run_refusal: uint256 = 0
        if group_word == 0:
            run_refusal = GROUP_UNKNOWN
        elif (group_word & MASK_8) != GROUP_OPEN or block.timestamp >= ((group_word >> 112) & MASK_40):
            run_refusal = GROUP_NOT_OPEN
        if run_refusal != 0:
            for i: uint256 in range(position, run_end, bound=ORDERS_MAX):
                refused.append((i << 8) | run_refusal)
            position = run_end
            continue
        offer: bytes32 = self.group_offers[run.group]
        offer_word: uint256 = self.offers[offer]
        price: uint256 = offer_word & MASK_96
        units_before: uint256 = unsafe_sub((offer_word >> 96) & MASK_32, (offer_word >> 128) & MASK_32)
        units_left: uint256 = units_before
        leaf_head: uint256 = LEAF | (batch << 8) | placed
        last_leaf: bytes32 = empty(bytes32)
        count: uint256 = 0

        for i: uint256 in range(position, run_end, bound=ORDERS_MAX):
            order: SignedOrder = orders[i]
            quantity: uint256 = order.packed >> 104
            nonce: uint256 = (order.packed >> 40) & MASK_64
            valid_until: uint256 = order.packed & MASK_40
            if valid_until < block.timestamp:
                refused.append((i << 8) | ORDER_EXPIRED)
                continue
            # One comparison for both: below zero wraps around.
            if unsafe_sub(quantity, 1) >= units_left:
                refused.append((i << 8) | (QUANTITY_ZERO if quantity == 0 else STOCK_EXCEEDED))
                continue
            # quantity <= stock_cap < 2**32 and price < 2**96, so the product is below 2**128.
            amount: uint256 = unsafe_mul(quantity, price)
            s: uint256 = convert(order.vs, uint256) & MASK_255
            if s > S_MAX:
                refused.append((i << 8) | SIGNATURE_INVALID)
                continue
            struct_hash: bytes32 = keccak256(
                abi_encode(ORDER_TYPEHASH, run.group, offer, quantity, amount, nonce, valid_until, order.details)
            )
            # 27 + 1 bit. The built-in gives the empty address for a bad signature, an empty r among them.
            buyer: address = ecrecover(
                keccak256(concat(digest_head, struct_hash)),
                unsafe_add(27, convert(order.vs, uint256) >> 255),
                convert(order.r, uint256),
                s,
            )
            if buyer == empty(address):
                if order.r != empty(bytes32):
                    refused.append((i << 8) | SIGNATURE_INVALID)
                    continue
                buyer = msg.sender
            word: uint256 = self.accounts[buyer]
            # Nearly always the nonce is the base and no bit is set behind it: then what _use_nonce does is this.
            used: uint256 = unsafe_add(word, 1 << 128)
            if word >> 128 != nonce:
                refusal: uint256 = self._nonce_refusal(word, nonce)
                if refusal != 0:
                    refused.append((i << 8) | refusal)
                    continue
                used = self._use_nonce(word, nonce)
            if (word & MASK_128) < amount:
                refused.append((i << 8) | UNDERFUNDED)
                continue
            # The balance is in the low bits and at least the amount: nothing is borrowed from the nonces.
            self.accounts[buyer] = unsafe_sub(used, amount)
            units_left = unsafe_sub(units_left, quantity)
            payload: uint256 = (convert(buyer, uint256) << 96) | (order.packed >> 40)
            leaves.append(Leaf(payload=payload, details=order.details))
            # A first leaf of two waits for the second, which joins it and the peaks that stand before them.
            leaf: bytes32 = keccak256(abi_encode(unsafe_add(leaf_head, count), run.group, payload, order.details))
            if count & 1 == 0:
                last_leaf = leaf
                count = unsafe_add(count, 1)
                continue
            node: bytes32 = keccak256(abi_encode(RUN_NODE, last_leaf, leaf))
            for level: uint256 in range(1, PEAKS):
                if (count >> level) & 1 == 0:
                    leaf_peaks[level] = node
                    break
                node = keccak256(abi_encode(RUN_NODE, leaf_peaks[level], node))
            count = unsafe_add(count, 1)
        position = run_end

        if count == 0:
            continue
        units: uint256 = unsafe_sub(units_before, units_left)
        # units_sold <= stock_cap < 2**32, and the group's units <= units_sold: neither field overflows.
        self.offers[offer] = unsafe_add(offer_word, units << 128)
        self.groups[run.group] = unsafe_add(group_word, units << 16)

        leaf_peaks[0] = last_leaf
        run_node: bytes32 = self._run_hash(batch, placed, count, run.group, self._top(RUN_NODE, leaf_peaks, count))
        for level: uint256 in range(PEAKS):
            if (len(placed_runs) >> level) & 1 == 0:
                run_peaks[level] = run_node
                break
            run_node = keccak256(abi_encode(BATCH_NODE, run_peaks[level], run_node))
        placed_runs.append(Run(group=run.group, count=count))
        placed = unsafe_add(placed, count)
    self._require(position == len(orders), RUNS_INVALID)

    root: bytes32 = empty(bytes32)
    if placed > 0:
        root = self._batch_root(batch, len(placed_runs), self._top(BATCH_NODE, run_peaks, len(placed_runs)))
        self.batch_roots[batch] = root
        self.pause_state = unsafe_add(pause_state, 1)
    else:
        batch = 0
    log OrdersPlaced(batch=batch, root=root, runs=placed_runs, leaves=leaves, refused=refused)


@external
def cancel_order(
    place: Place, leaf: Leaf, siblings: DynArray[bytes32, PATH_MAX], signature: Bytes[SIGNATURE_BYTES_MAX]
):
    """
    @notice Give the buyer the money back before the group closes; the units are free again.
    """
    group: GroupState = self._unpack_group(self.groups[place.group])
    self._require(group.state == GROUP_OPEN and block.timestamp < group.closes_at, GROUP_NOT_OPEN)
    buyer: address = convert(leaf.payload >> 96, address)
    quantity: uint256 = (leaf.payload >> 64) & MASK_32
    self._authorise(buyer, keccak256(abi_encode(CANCEL_ORDER_TYPEHASH, place.group, leaf.payload & MASK_64)), signature)
    self._take_leaf(place, leaf, siblings)
    offer: bytes32 = self.group_offers[place.group]
    offer_word: uint256 = self.offers[offer]
    amount: uint256 = quantity * (offer_word & MASK_96)
    self.offers[offer] = offer_word - (quantity << 128)
    group.units -= quantity
    self.groups[place.group] = self._pack_group(group)
    self.accounts[buyer] += amount
    log OrderCancelled(group=place.group, buyer=buyer, batch=place.batch, index=place.index, amount=amount)


# --- External: a group's life ---

@external
def cancel_group(group_id: bytes32, signer: address, signature: Bytes[SIGNATURE_BYTES_MAX]):
    """
    @notice Fail a group: the leader may while it is open, the merchant until it is delivered.
    """
    group: GroupState = self._unpack_group(self.groups[group_id])
    offer: bytes32 = self.group_offers[group_id]
    if signer == self.merchants[offer]:
        self._require(group.state in [GROUP_OPEN, GROUP_CLOSED], GROUP_NOT_CLOSED)
    else:
        self._require(signer == self.leaders[group_id], SIGNER_NOT_ALLOWED)
        self._require(group.state == GROUP_OPEN, GROUP_NOT_OPEN)
    self._authorise(signer, keccak256(abi_encode(CANCEL_GROUP_TYPEHASH, group_id)), signature)
    self._fail(group_id, group, FAILED_CANCELLED)


@external
def close_group(group_id: bytes32):
    """
    @notice End ordering after closes_at: fix the price that the group reached, or fail it below its minimum.
            Anyone may call.
    """
    group: GroupState = self._unpack_group(self.groups[group_id])
    self._require(group.state == GROUP_OPEN, GROUP_NOT_OPEN)
    self._require(block.timestamp >= group.closes_at, TOO_EARLY)
    if group.units < group.units_min:
        self._fail(group_id, group, FAILED_UNITS_MIN)
        return
    ladder: DynArray[uint256, LADDER_STEPS_MAX] = self.ladders[self.group_offers[group_id]]
    for i: uint256 in range(1, LADDER_STEPS_MAX):
        if i >= len(ladder) or group.units < ladder[i] >> 96:
            break
        group.step = i
    group.state = GROUP_CLOSED
    if group.step > 0:
        group.units_unrebated = group.units
    self.groups[group_id] = self._pack_group(group)
    log GroupClosed(group=group_id, units=group.units, step=group.step, price=ladder[group.step] & MASK_96)


@external
def fail_group(group_id: bytes32):
    """
    @notice Fail a group whose goods had not come by deliver_by and a day of grace. Anyone may call.
    """
    group: GroupState = self._unpack_group(self.groups[group_id])
    self._require(group.state == GROUP_CLOSED, GROUP_NOT_CLOSED)
    self._require(block.timestamp > group.deliver_by + DELIVERY_GRACE_SECONDS, TOO_EARLY)
    self._fail(group_id, group, FAILED_UNDELIVERED)


@external
def confirm_delivery(group_id: bytes32, signer: address, signature: Bytes[SIGNATURE_BYTES_MAX]):
    """
    @notice The leader (or the arbiter, if the leader will not) states that the goods came. The window starts.
    """
    group: GroupState = self._unpack_group(self.groups[group_id])
    self._require(group.state == GROUP_CLOSED, GROUP_NOT_CLOSED)
    self._require(signer in [self.leaders[group_id], self.arbiters[self.group_offers[group_id]]], SIGNER_NOT_ALLOWED)
    self._authorise(signer, keccak256(abi_encode(CONFIRM_DELIVERY_TYPEHASH, group_id)), signature)
    group.state = GROUP_DELIVERED
    group.delivered_at = self._clock()
    self.groups[group_id] = self._pack_group(group)
    log GroupDelivered(group=group_id, delivered_at=group.delivered_at)


@external
def settle_group(group_id: bytes32):
    """
    @notice Pay the payees after the window, whatever the number of orders. Anyone may call.
    """
    group: GroupState = self._unpack_group(self.groups[group_id])
    offer: bytes32 = self.group_offers[group_id]
    self._require(group.state == GROUP_DELIVERED, GROUP_NOT_DELIVERED)
    self._require(not self._window_is_open(group, offer), TOO_EARLY)
    group.state = GROUP_SETTLED
    self.groups[group_id] = self._pack_group(group)
    amount: uint256 = group.units * (self.ladders[offer][group.step] & MASK_96)
    log GroupSettled(group=group_id, units=group.units, amount=amount)
    self._release(group_id, offer, amount)


@external
def refund_batch(place: Place, leaves: DynArray[Leaf, ORDERS_MAX], siblings: DynArray[bytes32, PATH_MAX]):
    """
    @notice Make every buyer of one run of a failed group whole. Anyone may call; no buyer need act.
    @param place The run; its index is not used.
    @param leaves All leaves of the run.
    @param siblings From the run to the batch's root.
    """
    group: GroupState = self._unpack_group(self.groups[place.group])
    self._require(group.state == GROUP_FAILED, GROUP_NOT_FAILED)
    self._prove_run(place, leaves, siblings)
    offer: bytes32 = self.group_offers[place.group]
    first_price: uint256 = self.offers[offer] & MASK_96
    step_price: uint256 = (self.ladders[offer][group.step] & MASK_96)
    marks: uint256 = self.batch_marks[place.batch]
    fresh: uint256 = 0
    total: uint256 = 0
    units: uint256 = 0
    index: uint256 = place.first_index
    for leaf: Leaf in leaves:
        if (marks >> index) & 1 == 0:
            price: uint256 = first_price
            quantity: uint256 = (leaf.payload >> 64) & MASK_32
            if (marks >> (128 + index)) & 1 == 1:
                price = step_price
            elif group.step > 0:
                group.units_unrebated -= quantity
            amount: uint256 = quantity * price
            self.accounts[convert(leaf.payload >> 96, address)] += amount
            units += quantity
            total += amount
            fresh |= 1 << index
        index += 1
    self._require(fresh != 0, ALREADY_DONE)
    self.batch_marks[place.batch] = marks | fresh
    group.units -= units
    self.groups[place.group] = self._pack_group(group)
    log RunRefunded(group=place.group, batch=place.batch, marks=fresh, amount=total)


@external
def rebate_batch(place: Place, leaves: DynArray[Leaf, ORDERS_MAX], siblings: DynArray[bytes32, PATH_MAX]):
    """
    @notice Give every buyer of one run the difference between the first price and the price reached.
            Anyone may call, from the close on.
    """
    group: GroupState = self._unpack_group(self.groups[place.group])
    self._require(group.state in [GROUP_CLOSED, GROUP_DELIVERED, GROUP_SETTLED], GROUP_NOT_CLOSED)
    self._prove_run(place, leaves, siblings)
    offer: bytes32 = self.group_offers[place.group]
    difference: uint256 = (self.offers[offer] & MASK_96) - (self.ladders[offer][group.step] & MASK_96)
    marks: uint256 = self.batch_marks[place.batch]
    done: uint256 = marks | (marks >> 128)
    fresh: uint256 = 0
    total: uint256 = 0
    index: uint256 = place.first_index
    if difference > 0:
        for leaf: Leaf in leaves:
            if (done >> index) & 1 == 0:
                quantity: uint256 = (leaf.payload >> 64) & MASK_32
                self.accounts[convert(leaf.payload >> 96, address)] += quantity * difference
                group.units_unrebated -= quantity
                total += quantity * difference
                fresh |= 1 << index
            index += 1
    self._require(fresh != 0, ALREADY_DONE)
    self.batch_marks[place.batch] = marks | (fresh << 128)
    self.groups[place.group] = self._pack_group(group)
    log RunRebated(group=place.group, batch=place.batch, marks=fresh, amount=total)


# --- External: returns and claims ---

@external
def open_case(
    place: Place,
    leaf: Leaf,
    siblings: DynArray[bytes32, PATH_MAX],
    kind: uint256,
    asked: uint256,
    evidence: bytes32,
    signature: Bytes[SIGNATURE_BYTES_MAX],
) -> bytes32:
    """
    @notice Return the goods (CASE_RETURN, the whole amount, if the offer admits it) or claim part of the price
            for their fault (CASE_CLAIM), within the window. Only this order's money waits for the outcome.
    @return The case's identifier.
    """
    group: GroupState = self._unpack_group(self.groups[place.group])
    offer: bytes32 = self.group_offers[place.group]
    self._require(group.state == GROUP_DELIVERED, GROUP_NOT_DELIVERED)
    self._require(self._window_is_open(group, offer), WINDOW_OVER)
    offer_word: uint256 = self.offers[offer]
    buyer: address = convert(leaf.payload >> 96, address)
    quantity: uint256 = (leaf.payload >> 64) & MASK_32
    price: uint256 = (self.ladders[offer][group.step] & MASK_96)
    amount: uint256 = quantity * price
    self._require(asked > 0 and asked <= amount, ASKED_INVALID)
    if kind == CASE_RETURN:
        self._require((offer_word >> 192) & MASK_8 == WINDOW_NO_REASON, RETURN_NOT_ADMITTED)
        self._require(asked == amount, ASKED_INVALID)
    else:
        self._require(kind == CASE_CLAIM, KIND_INVALID)
    nonce: uint256 = leaf.payload & MASK_64
    self._authorise(
        buyer, keccak256(abi_encode(OPEN_CASE_TYPEHASH, place.group, nonce, kind, asked, evidence)), signature
    )
    marks: uint256 = self._take_leaf(place, leaf, siblings)

    # The order's rebate, if it is still to come, goes with it, so that the case is about the price reached only.
    rebate: uint256 = 0
    if group.step > 0 and (marks >> (128 + place.index)) & 1 == 0:
        rebate = quantity * ((offer_word & MASK_96) - price)
        group.units_unrebated -= quantity
        self.batch_marks[place.batch] |= 1 << (128 + place.index)
        self.accounts[buyer] += rebate
    group.units -= quantity
    self.groups[place.group] = self._pack_group(group)

    case_id: bytes32 = keccak256(abi_encode(place.group, buyer, nonce))
    decide_by: uint256 = block.timestamp + ANSWER_SECONDS
    self.cases[case_id] = Case(
        group=place.group,
        buyer=buyer,
        kind=kind,
        state=CASE_OPENED,
        decide_by=decide_by,
        amount=amount,
        asked=asked,
    )
    log CaseOpened(
        case_id=case_id,
        group=place.group,
        buyer=buyer,
        batch=place.batch,
        index=place.index,
        kind=kind,
        amount=amount,
        asked=asked,
        evidence=evidence,
        decide_by=decide_by,
        rebate=rebate,
    )
    return case_id


@external
def answer_case(case_id: bytes32, accepted: bool, signer: address, signature: Bytes[SIGNATURE_BYTES_MAX]):
    """
    @notice The merchant accepts (the buyer gets what was asked) or rejects (the arbiter rules). The leader, who
            takes goods back at the pickup point, may accept a return.
    """
    case: Case = self.cases[case_id]
    self._require(case.state == CASE_OPENED, CASE_NOT_OPEN)
    self._require(block.timestamp <= case.decide_by, TOO_LATE)
    offer: bytes32 = self.group_offers[case.group]
    if signer != self.merchants[offer]:
        self._require(signer == self.leaders[case.group], SIGNER_NOT_ALLOWED)
        self._require(accepted and case.kind == CASE_RETURN, SIGNER_NOT_ALLOWED)
    self._authorise(signer, keccak256(abi_encode(ANSWER_CASE_TYPEHASH, case_id, accepted)), signature)
    if accepted:
        self._close_case(case_id, case, case.asked, DECIDED_ACCEPTED)
    else:
        self.cases[case_id].state = CASE_REJECTED
        self.cases[case_id].decide_by = block.timestamp + RULING_SECONDS
        log CaseRejected(case_id=case_id, decide_by=block.timestamp + RULING_SECONDS)


@external
def rule_case(case_id: bytes32, award: uint256, signature: Bytes[SIGNATURE_BYTES_MAX]):
    """
    @notice The arbiter gives the buyer `award`, at most what was asked; the payees share the rest.
    """
    case: Case = self.cases[case_id]
    self._require(case.state == CASE_REJECTED, CASE_NOT_REJECTED)
    self._require(block.timestamp <= case.decide_by, TOO_LATE)
    self._require(award <= case.asked, AWARD_EXCEEDED)
    self._authorise(
        self.arbiters[self.group_offers[case.group]],
        keccak256(abi_encode(RULE_CASE_TYPEHASH, case_id, award)),
        signature,
    )
    self._close_case(case_id, case, award, DECIDED_RULED)


@external
def resolve_case(case_id: bytes32):
    """
    @notice End a case that the merchant or the arbiter let run out: the buyer gets what was asked. Anyone may call.
    """
    case: Case = self.cases[case_id]
    self._require(case.state in [CASE_OPENED, CASE_REJECTED], CASE_NOT_OPEN)
    self._require(block.timestamp > case.decide_by, TOO_EARLY)
    self._close_case(case_id, case, case.asked, DECIDED_TIMEOUT)


# --- External: pause ---

@external
def pause(pause_seconds: uint256):
    """
    @notice Stop new orders, for a time, once a pauser. Window clocks stand still meanwhile, so that nobody loses
            days of return; withdrawals, refunds, returns and claims go on.
    """
    self._require(self.pausers[msg.sender], SIGNER_NOT_ALLOWED)
    self._require(pause_seconds > 0 and pause_seconds <= PAUSE_SECONDS_MAX, PAUSE_INVALID)
    self.pausers[msg.sender] = False
    word: uint256 = self.pause_state
    stopped: uint256 = block.timestamp - self._clock()
    ends_at: uint256 = max(word >> 144, block.timestamp + pause_seconds)
    self.pause_state = (ends_at << 144) | (block.timestamp << 104) | (stopped << 64) | (word & MASK_64)
    log Paused(pauser=msg.sender, ends_at=ends_at)


# --- External: views ---

@external
@view
def account_state(account: address) -> (uint256, uint256, uint256):
    """
    @return Balance, nonce base, nonce bitmap.
    """
    word: uint256 = self.accounts[account]
    return word & MASK_128, (word >> 128) & MASK_64, word >> 192


@external
@view
def offer_state(offer: bytes32) -> (uint256, uint256, uint256):
    """
    @return First price, stock cap, units sold; all zero for an unknown offer.
    """
    word: uint256 = self.offers[offer]
    return word & MASK_96, (word >> 96) & MASK_32, (word >> 128) & MASK_32


@external
@view
def group_state(group_id: bytes32) -> GroupState:
    """
    @return The group; all zero for an unknown one.
    """
    return self._unpack_group(self.groups[group_id])


@external
@view
def batch_count() -> uint256:
    return self.pause_state & MASK_64


@external
@view
def paused_until() -> uint256:
    """
    @return When new orders are (or were last) possible again; zero if they never were stopped.
    """
    return self.pause_state >> 144


@external
@view
def clock() -> uint256:
    """
    @return The time by which windows run: block time less all paused time.
    """
    return self._clock()


@external
@view
def domain_separator() -> bytes32:
    return self._domain()


@external
@view
def eip712Domain() -> (bytes1, String[14], String[1], uint256, address, bytes32, DynArray[uint256, 1]):
    """
    @notice ERC-5267.
    """
    return 0x0F, NAME, VERSION, chain.id, self, empty(bytes32), []


# --- Internal: accounts and signatures ---

@internal
@pure
def _require(holds: bool, refusal: uint256):
    if not holds:
        raw_revert(abi_encode(refusal, method_id=method_id("Refused(uint256)")))


@internal
def _deposit(payer: address, account: address, amount: uint256):
    self._require(account != empty(address), ACCOUNT_EMPTY)
    self._require(amount > 0, AMOUNT_ZERO)
    # Every balance is at most held: crediting can overflow nowhere else.
    self._require(amount <= MASK_128 - self.held, AMOUNT_TOO_LARGE)
    self.held += amount
    self.accounts[account] += amount
    log Deposited(account=account, payer=payer, amount=amount)
    self._require(extcall TOKEN.transferFrom(payer, self, amount, default_return_value=True), TRANSFER_FAILED)


@internal
def _withdraw(account: address, to: address, amount: uint256, nonce: uint256):
    self._require(to not in [empty(address), self], ACCOUNT_EMPTY)
    self._require(amount > 0, AMOUNT_ZERO)
    word: uint256 = self.accounts[account]
    self._require(word & MASK_128 >= amount, UNDERFUNDED)
    self.accounts[account] = word - amount
    self.held -= amount
    log Withdrawn(account=account, to=to, amount=amount, nonce=nonce)
    self._require(extcall TOKEN.transfer(to, amount, default_return_value=True), TRANSFER_FAILED)


@internal
@pure
def _nonce_refusal(word: uint256, nonce: uint256) -> uint256:
    base: uint256 = (word >> 128) & MASK_64
    if nonce < base:
        return NONCE_USED
    # The base is not above the nonce, and an offset below 64 stays within the word.
    offset: uint256 = unsafe_sub(nonce, base)
    if offset >= 64:
        return NONCE_TOO_FAR
    if (word >> unsafe_add(192, offset)) & 1 == 1:
        return NONCE_USED
    return 0


@internal
@pure
def _use_nonce(word: uint256, nonce: uint256) -> uint256:
    """
    @dev Only after _nonce_refusal found nothing: the nonce is at least the base and less than 64 above. A base never
         gets to 2**64, as it moves by 64 at most a message.
    """
    base: uint256 = (word >> 128) & MASK_64
    if nonce == base:
        if word >> 192 == 0:
            return unsafe_add(word, 1 << 128)
        return self._settle_nonces(word & MASK_128, unsafe_add(base, 1), word >> 193)
    return word | (1 << unsafe_add(192, unsafe_sub(nonce, base)))


@internal
@pure
def _settle_nonces(balance: uint256, nonce_base: uint256, bitmap: uint256) -> uint256:
    """
    @dev Move the base past the nonces that are used, so that the bitmap never fills up behind it.
    """
    base: uint256 = nonce_base
    used: uint256 = bitmap
    for i: uint256 in range(64):
        if used & 1 == 0:
            break
        used >>= 1
        base += 1
    return (used << 192) | (base << 128) | balance


@internal
@view
def _domain() -> bytes32:
    if chain.id == CACHED_CHAIN_ID:
        return CACHED_DOMAIN
    return self._compute_domain()


@internal
@view
def _compute_domain() -> bytes32:
    return keccak256(abi_encode(DOMAIN_TYPEHASH, keccak256(NAME), keccak256(VERSION), chain.id, self))


@internal
@pure
def _recover(digest: bytes32, r: bytes32, vs: bytes32) -> address:
    """
    @dev The empty address if the signature is malformed. The built-in never reverts, so one bad order cannot
         stop a batch.
    """
    s: uint256 = convert(vs, uint256) & MASK_255
    if s > S_MAX:
        return empty(address)
    return ecrecover(digest, 27 + (convert(vs, uint256) >> 255), convert(r, uint256), s)


@internal
@view
def _authorise(signer: address, struct_hash: bytes32, signature: Bytes[SIGNATURE_BYTES_MAX]):
    """
    @dev The signer sends the transaction itself, or signed it with a key (64 bytes, ERC-2098), or is a contract
         that vouches for it (EIP-1271).
    """
    if msg.sender == signer:
        return
    self._require(signer != empty(address), SIGNATURE_INVALID)
    digest: bytes32 = keccak256(concat(DIGEST_PREFIX, self._domain(), struct_hash))
    if len(signature) == 64:
        if self._recover(digest, extract32(signature, 0), extract32(signature, 32)) == signer:
            return
    self._require(signer.is_contract, SIGNATURE_INVALID)
    answered: bool = False
    answer: Bytes[32] = b""
    answered, answer = raw_call(
        signer,
        abi_encode(digest, signature, method_id=method_id("isValidSignature(bytes32,bytes)")),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    self._require(answered and len(answer) == 32, SIGNATURE_INVALID)
    self._require(convert(answer, bytes32) == MAGIC_1271, SIGNATURE_INVALID)


@internal
@pure
def _hash_words(words: DynArray[bytes32, PAYEES_MAX]) -> bytes32:
    """
    @dev EIP-712 hashes an array as its encoded elements one after another, without offset and length.
    """
    return keccak256(slice(abi_encode(words), 64, 32 * len(words)))


# --- Internal: groups ---

@internal
@view
def _opening_refusal(domain: bytes32, group: bytes32, opening: SignedGroup) -> uint256:
    if self.groups[group] != 0:
        return GROUP_EXISTS
    if self.offers[opening.offer] == 0:
        return OFFER_UNKNOWN
    if opening.units_min == 0 or opening.units_min > MASK_32:
        return UNITS_MIN_INVALID
    if opening.closes_at <= block.timestamp or opening.closes_at > block.timestamp + OPEN_SECONDS_MAX:
        return TIMES_INVALID
    if opening.deliver_by <= opening.closes_at or opening.deliver_by > opening.closes_at + DELIVERY_SECONDS_MAX:
        return TIMES_INVALID
    if opening.leader == empty(address):
        return SIGNATURE_INVALID
    if msg.sender != opening.leader:
        digest: bytes32 = keccak256(concat(DIGEST_PREFIX, domain, group))
        if self._recover(digest, opening.r, opening.vs) != opening.leader:
            return SIGNATURE_INVALID
    return 0


@internal
@pure
def _unpack_group(word: uint256) -> GroupState:
    return GroupState(
        state=word & MASK_8,
        step=(word >> 8) & MASK_8,
        units=(word >> 16) & MASK_32,
        units_unrebated=(word >> 48) & MASK_32,
        units_min=(word >> 80) & MASK_32,
        closes_at=(word >> 112) & MASK_40,
        deliver_by=(word >> 152) & MASK_40,
        delivered_at=word >> 192,
    )


@internal
@pure
def _pack_group(group: GroupState) -> uint256:
    return (
        (group.delivered_at << 192)
        | (group.deliver_by << 152)
        | (group.closes_at << 112)
        | (group.units_min << 80)
        | (group.units_unrebated << 48)
        | (group.units << 16)
        | (group.step << 8)
        | group.state
    )


@internal
def _fail(group_id: bytes32, group: GroupState, reason: uint256):
    """
    @dev The units go back to the offer's stock; the money goes back by refund_batch.
    """
    failed: GroupState = group
    failed.state = GROUP_FAILED
    self.groups[group_id] = self._pack_group(failed)
    self.offers[self.group_offers[group_id]] -= group.units << 128
    log GroupFailed(group=group_id, units=group.units, reason=reason)


@internal
@view
def _clock() -> uint256:
    word: uint256 = self.pause_state
    stopped: uint256 = (word >> 64) & MASK_40
    return block.timestamp - stopped - (min(block.timestamp, word >> 144) - ((word >> 104) & MASK_40))


@internal
@view
def _window_is_open(group: GroupState, offer: bytes32) -> bool:
    return self._clock() <= group.delivered_at + ((self.offers[offer] >> 160) & MASK_32)


@internal
def _release(group_id: bytes32, offer: bytes32, amount: uint256):
    """
    @dev Shares are rounded down; the merchant gets the rest with every rounding.
    """
    rest: uint256 = amount
    rest -= self._pay_share(group_id, self.leaders[group_id], amount, (self.offers[offer] >> 200) & MASK_16)
    for payee: uint256 in self.payees[offer]:
        rest -= self._pay_share(group_id, convert(payee >> 16, address), amount, payee & MASK_16)
    self._pay_share(group_id, self.merchants[offer], rest, BPS)


@internal
def _pay_share(group_id: bytes32, account: address, amount: uint256, share_bps: uint256) -> uint256:
    share: uint256 = amount * share_bps // BPS
    if share > 0:
        self.accounts[account] += share
        log PaidOut(group=group_id, account=account, amount=share)
    return share


@internal
def _close_case(case_id: bytes32, case: Case, award: uint256, decided: uint256):
    self.cases[case_id].state = CASE_CLOSED
    self.accounts[case.buyer] += award
    log CaseClosed(case_id=case_id, group=case.group, award=award, released=case.amount - award, decided=decided)
    self._release(case.group, self.group_offers[case.group], case.amount - award)


# --- Internal: trees ---

@internal
@pure
def _top(kind: uint256, peaks: bytes32[PEAKS], size: uint256) -> bytes32:
    """
    @dev The root of a tree of `size` > 0 nodes: its peaks joined from the smallest. The shape is that of RFC 6962:
         pairs from the left, a last odd one moves up as it is.
    """
    node: bytes32 = empty(bytes32)
    for level: uint256 in range(PEAKS):
        if size >> level == 0:
            break
        if (size >> level) & 1 == 1:
            if node == empty(bytes32):
                node = peaks[level]
            else:
                node = keccak256(abi_encode(kind, peaks[level], node))
    return node


@internal
@pure
def _climb(
    kind: uint256,
    start: bytes32,
    index: uint256,
    count: uint256,
    siblings: DynArray[bytes32, PATH_MAX],
    first: uint256,
) -> (bytes32, uint256):
    """
    @dev From the node at `index` of `count` to the root, by siblings from number `first` on.
    @return The root and how many siblings are used up to then.
    """
    node: bytes32 = start
    at: uint256 = index
    width: uint256 = count
    used: uint256 = first
    for level: uint256 in range(TREE_LEVELS):
        if width <= 1:
            break
        if at & 1 == 1 or at + 1 < width:
            self._require(used < len(siblings), PROOF_INVALID)
            if at & 1 == 1:
                node = keccak256(abi_encode(kind, siblings[used], node))
            else:
                node = keccak256(abi_encode(kind, node, siblings[used]))
            used += 1
        at >>= 1
        width = (width + 1) >> 1
    return node, used


@internal
@pure
def _batch_root(batch: uint256, runs: uint256, top: bytes32) -> bytes32:
    return keccak256(abi_encode(BATCH | (batch << 8) | runs, top))


@internal
@view
def _prove(place: Place, run_root: bytes32, siblings: DynArray[bytes32, PATH_MAX], first: uint256):
    self._require(place.run_index < place.runs and place.runs <= ORDERS_MAX, PROOF_INVALID)
    run_node: bytes32 = self._run_hash(place.batch, place.first_index, place.count, place.group, run_root)
    top: bytes32 = empty(bytes32)
    used: uint256 = 0
    top, used = self._climb(BATCH_NODE, run_node, place.run_index, place.runs, siblings, first)
    self._require(used == len(siblings), PROOF_INVALID)
    self._require(self._batch_root(place.batch, place.runs, top) == self.batch_roots[place.batch], PROOF_INVALID)


@internal
@view
def _prove_run(place: Place, leaves: DynArray[Leaf, ORDERS_MAX], siblings: DynArray[bytes32, PATH_MAX]):
    self._require(len(leaves) == place.count and place.count > 0, PROOF_INVALID)
    self._require(place.first_index < ORDERS_MAX and place.batch <= MASK_64, PROOF_INVALID)
    self._require(place.first_index + place.count <= ORDERS_MAX, PROOF_INVALID)
    peaks: bytes32[PEAKS] = empty(bytes32[PEAKS])
    size: uint256 = 0
    for leaf: Leaf in leaves:
        node: bytes32 = self._leaf_hash(place.batch, place.first_index + size, place.group, leaf)
        for level: uint256 in range(PEAKS):
            if (size >> level) & 1 == 0:
                peaks[level] = node
                break
            node = keccak256(abi_encode(RUN_NODE, peaks[level], node))
        size += 1
    self._prove(place, self._top(RUN_NODE, peaks, size), siblings, 0)


@internal
@pure
def _run_hash(batch: uint256, first_index: uint256, count: uint256, group: bytes32, run_root: bytes32) -> bytes32:
    return keccak256(abi_encode(RUN | (batch << 16) | (first_index << 8) | count, group, run_root))


@internal
@pure
def _leaf_hash(batch: uint256, index: uint256, group: bytes32, leaf: Leaf) -> bytes32:
    return keccak256(abi_encode(LEAF | (batch << 8) | index, group, leaf.payload, leaf.details))


@internal
def _take_leaf(place: Place, leaf: Leaf, siblings: DynArray[bytes32, PATH_MAX]) -> uint256:
    """
    @dev Prove that the leaf is in its batch and had not left; mark that it has.
    @return The batch's marks before.
    """
    self._require(place.batch <= MASK_64 and place.count <= ORDERS_MAX, PROOF_INVALID)
    self._require(place.index < ORDERS_MAX and place.index >= place.first_index, PROOF_INVALID)
    self._require(place.index < place.first_index + place.count, PROOF_INVALID)
    run_root: bytes32 = empty(bytes32)
    used: uint256 = 0
    run_root, used = self._climb(
        RUN_NODE,
        self._leaf_hash(place.batch, place.index, place.group, leaf),
        place.index - place.first_index,
        place.count,
        siblings,
        0,
    )
    self._prove(place, run_root, siblings, used)
    marks: uint256 = self.batch_marks[place.batch]
    self._require((marks >> place.index) & 1 == 0, ALREADY_LEFT)
    self.batch_marks[place.batch] = marks | (1 << place.index)
    return marks
