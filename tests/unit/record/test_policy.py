"""Policies as c2sp.org/tlog-policy writes them."""

from itertools import combinations

import pytest

from pinlian.record.note import Algorithm, Signer
from pinlian.record.policy import PolicyError, parse_policy, policy_of


def witness(number: int) -> Signer:
    return Signer(f"witness.example/{number}", Algorithm.COSIGNATURE_V1, bytes([number]) * 32)


KEYS = {number: witness(number).verifier for number in range(1, 7)}
LOG = Signer("log.example", Algorithm.ED25519, b"\x09" * 32).verifier
EXAMPLE = f"""\
# Two organisations.
log {LOG.vkey} https://log.example/

witness X1 {KEYS[1].vkey} https://x1.example/
witness X2 {KEYS[2].vkey}
\twitness  X3\t{KEYS[3].vkey}
group X-witnesses 2 X1 X2 X3

witness Y1 {KEYS[4].vkey}
witness Y2 {KEYS[5].vkey}
witness Y3 {KEYS[6].vkey}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


@pytest.mark.parametrize(
    ("cosigners", "met"),
    [((1, 3, 5), True), ((1, 2, 3, 4, 5, 6), True), ((1, 2, 3), False), ((1, 4, 5, 6), False), ((), False)],
)
def test_policy__two_groups__asks_for_both(cosigners: tuple[int, ...], met: bool) -> None:
    policy = parse_policy(EXAMPLE)
    assert policy.is_met([KEYS[number] for number in cosigners]) is met
    assert policy.logs[0].verifier == LOG
    assert policy.witnesses["X1"].url == "https://x1.example/"
    assert policy.witnesses["X2"].url is None


def test_policy__counted_alone__never_asks_for_too_few() -> None:
    nested = parse_policy(EXAMPLE)
    assert nested.asked == list(KEYS.values())
    for count in range(7):
        always = all(nested.is_met(some) for some in combinations(KEYS.values(), count))
        assert always == (count >= nested.enough)
    flat = parse_policy(EXAMPLE.replace("quorum X-and-Y", "quorum X-witnesses"))
    assert (flat.enough, flat.asked) == (2, [KEYS[1], KEYS[2], KEYS[3]])
    assert (parse_policy("quorum none\n").enough, parse_policy("quorum none\n").asked) == (0, [])
    assert policy_of([KEYS[1], KEYS[2]]).enough == 2


def test_policy__no_quorum__is_met_by_nobody() -> None:
    assert parse_policy("quorum none\n").is_met([])
    assert policy_of([]).is_met([])


def test_policy_of__keys_alone__asks_for_all_or_for_so_many() -> None:
    assert not policy_of([KEYS[1], KEYS[2]]).is_met([KEYS[1]])
    assert policy_of([KEYS[1], KEYS[2]]).is_met([KEYS[1], KEYS[2]])
    assert policy_of([KEYS[1], KEYS[2]], 1).is_met([KEYS[2]])
    assert not policy_of([KEYS[1], KEYS[2]], 1).is_met([KEYS[3]])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no quorum line"),
        ("quorum none\nquorum none\n", "line 2: a second quorum"),
        ("quorum W\n", "line 1: no line above defines W"),
        (f"quorum W\nwitness W {KEYS[1].vkey}\n", "line 1: no line above defines W"),
        (f"witness W {LOG.vkey}\nquorum W\n", "line 1: the key of log.example is of kind 1, not 4"),
        (f"log {KEYS[1].vkey}\nquorum none\n", "is of kind 4, not 1"),
        (f"witness none {KEYS[1].vkey}\nquorum none\n", "the name none is taken"),
        (f"witness W {KEYS[1].vkey}\nwitness W {KEYS[2].vkey}\nquorum W\n", "line 2: the name W is taken"),
        (f"witness V {KEYS[1].vkey}\nwitness W {KEYS[1].vkey}\nquorum W\n", "is there twice"),
        (f"witness W {KEYS[1].vkey}\ngroup G 2 W\nquorum G\n", "1 to 1 of 1 members, not '2'"),
        (f"witness W {KEYS[1].vkey}\ngroup G 0 W\nquorum G\n", "not '0'"),
        (f"witness W {KEYS[1].vkey}\ngroup G any W W\nquorum G\n", "W is a member of a group already"),
        (f"witness W {KEYS[1].vkey}\ngroup G any\nquorum W\n", "line 2: not of the form"),
        ("witness W nonsense\nquorum W\n", "line 1: not a verifier key"),
        ("quorum none\r\n", "control characters"),
        ("quorum none\x7f\n", "control characters"),
    ],
)
def test_parse_policy__malformed__names_the_line(text: str, why: str) -> None:
    with pytest.raises(PolicyError, match=why.replace(".", r"\.")):
        parse_policy(text)
