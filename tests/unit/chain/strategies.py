"""Random signed messages, as hypothesis makes them."""

from hypothesis import strategies as st

from pinlian.chain.typed_data import Message
from pinlian.domain.group import Group
from pinlian.domain.messages import (
    AnswerCase,
    BumpNonce,
    CancelGroup,
    CancelOrder,
    ConfirmDelivery,
    OpenCase,
    RuleCase,
    Withdraw,
)
from pinlian.domain.order import Order
from tests.unit.domain.strategies import addresses, hashes, numbers, offers

words = numbers(256)
orders = st.builds(Order, hashes, hashes, words, words, words, words, hashes)
groups = st.builds(Group, hashes, addresses, words, words, words, hashes, words)
messages: st.SearchStrategy[Message] = st.one_of(
    orders,
    offers(),
    groups,
    st.builds(CancelOrder, hashes, words),
    st.builds(BumpNonce, words),
    st.builds(Withdraw, addresses, words, words, words),
    st.builds(CancelGroup, hashes),
    st.builds(ConfirmDelivery, hashes),
    st.builds(OpenCase, hashes, words, words, words, hashes),
    st.builds(AnswerCase, hashes, st.booleans()),
    st.builds(RuleCase, hashes, words),
)
private_keys = st.integers(1, 2**255).map(lambda number: number.to_bytes(32, "big"))
