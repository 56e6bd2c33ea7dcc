"""Whatever the chain does, the read model is that of a fresh reading of the canonical chain."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinlian.apps.money.models import Account, Entry
from pinlian.apps.money.projections import on_deposited, on_withdrawn
from pinlian.chain.escrow import Escrow
from pinlian.chain.rpc import Rpc, RpcError, to_hex
from pinlian.domain.chain_events import ChainEvent as Event
from pinlian.domain.chain_events import Deposited, EventAt, OrdersPlaced, Run, Withdrawn
from pinlian.domain.merkle import Leaf, batch_root
from pinlian.indexer import facade, follow
from pinlian.indexer.follow import Indexer, IndexingError, Projections
from pinlian.indexer.models import ChainBlock, ChainEvent, Cursor, Fault
from pinlian.indexer.rows import Rows
from tests.integration.indexer.fake_chain import ESCROW, FakeChain, FakeNode

pytestmark = pytest.mark.django_db

BUYERS = [bytes([number]) * 20 for number in (1, 2, 3)]
PROJECTIONS: Projections = {Deposited: [on_deposited], Withdrawn: [on_withdrawn]}
MODELS = [Account, Entry]


def make_indexer(chain: FakeChain, projections: Projections = PROJECTIONS, **options: Any) -> Indexer:
    return Indexer(FakeNode(chain), escrow(), projections, start_block=1, **options)


def escrow() -> Escrow:
    return Escrow(cast(Rpc, None), ESCROW, 31337)


def deposit(buyer: int, amount: int) -> Deposited:
    return Deposited(BUYERS[buyer], b"\x09" * 20, amount)


def catch_up(indexer: Indexer) -> None:
    while indexer.step():
        pass


def read_model() -> list[list[tuple[Any, ...]]]:
    tables: list[Any] = [Account, Entry]
    return [list(table.objects.order_by("pk").values_list()) for table in tables] + [
        list(ChainEvent.objects.order_by("block_number", "log_index").values_list("block_hash", "log_index", "body"))
    ]


def balances() -> dict[str, int]:
    return dict(Account.objects.values_list("address", "balance_minor"))


@pytest.fixture
def chain() -> FakeChain:
    return FakeChain()


def test_step__new_blocks__are_indexed_and_the_cursor_moves(chain: FakeChain) -> None:
    chain.mine(deposit(0, 5), deposit(1, 7))
    chain.mine()
    indexer = make_indexer(chain)
    assert indexer.step()
    assert not indexer.step()
    assert balances() == {to_hex(BUYERS[0]): 5, to_hex(BUYERS[1]): 7}
    state = facade.state()
    assert state is not None
    assert (state.block_number, state.block_hash) == (2, to_hex(chain.blocks[2].head.hash))
    assert state.fault is None


def test_step__block_left_the_chain__is_taken_back_and_replaced(chain: FakeChain) -> None:
    chain.mine(deposit(0, 5))
    chain.mine(deposit(0, 6), deposit(1, 1))
    indexer = make_indexer(chain)
    catch_up(indexer)
    chain.drop(1)
    chain.mine(deposit(2, 8))
    chain.mine()
    catch_up(indexer)
    assert balances() == {to_hex(BUYERS[0]): 5, to_hex(BUYERS[2]): 8}
    assert ChainEvent.objects.count() == 2


def test_step__chain_became_shorter__is_taken_back_at_once(chain: FakeChain) -> None:
    chain.mine(deposit(0, 5))
    chain.mine(deposit(0, 6))
    indexer = make_indexer(chain)
    catch_up(indexer)
    chain.drop(1)
    catch_up(indexer)
    assert balances() == {to_hex(BUYERS[0]): 5}


def test_step__all_blocks_left__starts_anew(chain: FakeChain) -> None:
    chain.mine(deposit(0, 5))
    indexer = make_indexer(chain)
    catch_up(indexer)
    chain.drop(1)
    chain.mine(deposit(1, 6))
    catch_up(indexer)
    assert balances() == {to_hex(BUYERS[1]): 6}


def test_step__confirmations__wait_for_blocks_on_top(chain: FakeChain) -> None:
    chain.mine(deposit(0, 5))
    indexer = make_indexer(chain, confirmations=2)
    chain.mine()
    catch_up(indexer)
    assert balances() == {}
    chain.mine()
    catch_up(indexer)
    assert balances() == {to_hex(BUYERS[0]): 5}


@pytest.mark.parametrize("blocks", [1, 3])
def test_step__chain_changes_while_it_is_read__nothing_of_it_is_taken(chain: FakeChain, blocks: int) -> None:
    for amount in range(1, blocks + 1):
        chain.mine(deposit(0, amount))

    def reorganise() -> None:
        chain.drop(blocks)
        for _ in range(blocks):
            chain.mine(deposit(1, 100))

    node = FakeNode(chain)
    node.before_logs = [reorganise]
    indexer = Indexer(node, escrow(), PROJECTIONS, start_block=1)
    catch_up(indexer)
    assert balances() == {to_hex(BUYERS[1]): 100 * blocks}


def test_step__deeper_than_can_be_undone__stops_and_says_so(chain: FakeChain) -> None:
    for amount in range(1, 7):
        chain.mine(deposit(0, amount))
    indexer = make_indexer(chain, undo_blocks=2)
    catch_up(indexer)
    before = read_model()
    chain.drop(4)
    for _ in range(5):
        chain.mine()
    with pytest.raises(IndexingError, match="pinlian rebuild"):
        catch_up(indexer)
    assert read_model() == before
    state = facade.state()
    assert state is not None
    assert state.fault is not None
    assert "pinlian rebuild" in state.fault
    indexer.rebuild(MODELS)
    assert balances() == {to_hex(BUYERS[0]): 3}


def test_step__projection_fails__cursor_stands_still_until_it_is_mended(chain: FakeChain) -> None:
    def break_at_six(event: Deposited, at: EventAt, rows: Rows) -> None:
        on_deposited(event, at, rows)
        if event.amount == 6:
            raise ZeroDivisionError("the projection is wrong")

    chain.mine(deposit(0, 5))
    indexer = make_indexer(chain, {Deposited: [break_at_six]})
    catch_up(indexer)
    chain.mine(deposit(1, 7), deposit(0, 6))
    before = read_model()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            indexer.step()
    assert read_model() == before
    assert Cursor.objects.get().block_number == 1
    assert Fault.objects.get().message == "after block 1: ZeroDivisionError: the projection is wrong"
    catch_up(make_indexer(chain))
    assert not Fault.objects.exists()
    assert balances() == {to_hex(BUYERS[0]): 11, to_hex(BUYERS[1]): 7}


def test_step__node_fails__is_no_fault_of_the_read_model(chain: FakeChain) -> None:
    def fail() -> None:
        raise RpcError("eth_getLogs", "gone")

    chain.mine(deposit(0, 5))
    node = FakeNode(chain)
    node.before_logs = [fail]
    indexer = Indexer(node, escrow(), PROJECTIONS, start_block=1)
    with pytest.raises(RpcError):
        indexer.step()
    assert not Fault.objects.exists()
    catch_up(indexer)
    assert balances() == {to_hex(BUYERS[0]): 5}


def test_step__read_model_of_another_escrow__stops(chain: FakeChain) -> None:
    chain.mine(deposit(0, 5))
    catch_up(make_indexer(chain))
    Cursor.objects.update(escrow=to_hex(b"\xdd" * 20))
    chain.mine()
    with pytest.raises(IndexingError, match="the read model is that of escrow"):
        make_indexer(chain).step()


@pytest.mark.parametrize("rebuilds", [False, True])
def test_step__another_process_indexes_meanwhile__takes_no_block_twice(chain: FakeChain, rebuilds: bool) -> None:
    chain.mine(deposit(0, 5))
    node, other = FakeNode(chain), make_indexer(chain)
    indexer = Indexer(node, escrow(), PROJECTIONS, start_block=1)
    catch_up(indexer)
    chain.mine(deposit(0, 6))
    chain.mine(deposit(1, 7))
    node.before_logs = [lambda: other.rebuild(MODELS) if rebuilds else catch_up(other)]
    catch_up(indexer)
    assert balances() == {to_hex(BUYERS[0]): 11, to_hex(BUYERS[1]): 7}
    assert not Fault.objects.exists()


def test_step__rebuild_of_another_process_broken_off__goes_on_without_a_new_block(chain: FakeChain) -> None:
    def end() -> None:
        raise KeyboardInterrupt

    chain.mine(deposit(0, 5))
    chain.mine(deposit(1, 7))
    indexer, node = make_indexer(chain), FakeNode(chain)
    catch_up(indexer)
    node.before_logs = [end]
    with pytest.raises(KeyboardInterrupt):
        Indexer(node, escrow(), PROJECTIONS, start_block=1).rebuild(MODELS)
    assert balances() == {}
    catch_up(indexer)
    assert balances() == {to_hex(BUYERS[0]): 5, to_hex(BUYERS[1]): 7}


LEAVES = tuple(Leaf(BUYERS[number], 1, 0, bytes(32)) for number in range(3))


@pytest.fixture
def orders_placed(chain: FakeChain, monkeypatch: pytest.MonkeyPatch) -> Callable[[OrdersPlaced], None]:
    """Make the next block report this event instead of its deposit."""

    def report(event: OrdersPlaced) -> None:
        chain.mine(deposit(0, 1))
        decode = Escrow.decode_log

        def decode_as_orders(self: Escrow, log: Any, block_time: int | None = None) -> tuple[Event, EventAt] | None:
            decoded = decode(self, log, block_time)
            return decoded and (event, decoded[1])

        monkeypatch.setattr(Escrow, "decode_log", decode_as_orders)

    return report


def placed(leaves: tuple[Leaf, ...], root: bytes | None = None) -> OrdersPlaced:
    event = OrdersPlaced(1, b"", (Run(b"\x01" * 32, 2), Run(b"\x02" * 32, 1)), leaves, ())
    return OrdersPlaced(1, root or batch_root(1, event.runs_of_leaves()), event.runs, event.leaves, ())


def test_step__root_follows_from_the_leaves__goes_on(
    chain: FakeChain, orders_placed: Callable[[OrdersPlaced], None]
) -> None:
    orders_placed(placed(LEAVES))
    assert make_indexer(chain).step()


def test_step__invented_member_among_the_leaves__stops(
    chain: FakeChain, orders_placed: Callable[[OrdersPlaced], None]
) -> None:
    invented = (*LEAVES[:2], Leaf(b"\x66" * 20, 1, 0, bytes(32)))
    orders_placed(placed(invented, root=placed(LEAVES).root))
    with pytest.raises(IndexingError, match="batch 1: its leaves make the root"):
        make_indexer(chain).step()
    assert "its leaves make the root" in Fault.objects.get().message
    assert not Cursor.objects.exists()
    assert not ChainEvent.objects.exists()


def test_undo_data__of_final_blocks__is_dropped(chain: FakeChain) -> None:
    indexer = make_indexer(chain, undo_blocks=2)
    for amount in range(1, 5):
        chain.mine(deposit(0, amount))
        chain.mine()
        catch_up(indexer)
    kept = {block.number: bool(block.undo) for block in ChainBlock.objects.all()}
    assert kept == {1: False, 3: False, 5: False, 7: True, 8: True}


amounts = st.integers(1, 2**70)
events = st.lists(st.builds(deposit, st.integers(0, 2), amounts), max_size=3)
acts = st.one_of(
    st.tuples(st.just("mine"), events),
    st.tuples(st.just("drop"), st.integers(1, 6)),
    st.tuples(st.just("step"), st.integers(1, 4)),
    st.tuples(st.just("restart"), st.none()),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(script=st.lists(acts, max_size=30), span=st.sampled_from([1, 2, 64]), confirmations=st.integers(0, 2))
def test_read_model__after_any_reorganisations__is_that_of_a_fresh_reading(
    monkeypatch: pytest.MonkeyPatch, script: list[tuple[str, Any]], span: int, confirmations: int
) -> None:
    monkeypatch.setattr(follow, "BLOCKS_PER_STEP_MAX", span)
    chain = FakeChain()
    indexer = make_indexer(chain, confirmations=confirmations)
    indexer.rebuild(MODELS)
    for act, argument in script:
        if act == "mine":
            chain.mine(*argument)
        elif act == "drop":
            chain.drop(argument)
        elif act == "step":
            for _ in range(argument):
                indexer.step()
        else:
            indexer = make_indexer(chain, confirmations=confirmations)
    for _ in range(confirmations + 1):
        chain.mine()
    catch_up(indexer)
    followed = read_model()
    make_indexer(chain, confirmations=confirmations).rebuild(MODELS)
    assert followed == read_model()
    canonical = [log for block in chain.blocks[1:] for log in block.logs]
    assert len(canonical) == ChainEvent.objects.count()
