from pathlib import Path

import pytest

from pinlian.replay.goods import Goods
from pinlian.replay.group_buys import GroupBuy, GroupBuysInvalid, read_group_buys

VEGETABLES = Path(__file__).parents[4] / "shared" / "data" / "vegetables"


def test_read_group_buys__joined_and_alone__succeeded_and_failed(tmp_path: Path) -> None:
    file = tmp_path / "groups.tsv"
    file.write_text("26985\t5267\t46622\t7\n15169\t98\n")

    joined, alone = read_group_buys(file)

    assert joined == GroupBuy(line=1, initiator=26985, item=5267, participants=(46622, 7))
    assert joined.succeeded
    assert joined.buyers == (26985, 46622, 7)
    assert alone == GroupBuy(line=2, initiator=15169, item=98, participants=())
    assert not alone.succeeded


def test_read_group_buys__limit__is_of_each_file_in_a_directory(tmp_path: Path) -> None:
    (tmp_path / "failed.tsv").write_text("1\t2\n3\t4\n5\t6\n")
    (tmp_path / "successful.tsv").write_text("7\t8\t9\n10\t11\t12\n13\t14\t15\n")

    assert [(buy.initiator, buy.line) for buy in read_group_buys(tmp_path, 2)] == [(1, 1), (3, 2), (7, 1), (10, 2)]


@pytest.mark.parametrize("line", ["12", "12\tcabbage", "12\t-3", "12\t\t5", "１２\t3", ""])
def test_read_group_buys__bad_line__names_file_and_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "groups.tsv"
    file.write_text(f"1\t2\t3\n{line}\n", encoding="utf-8")

    with pytest.raises(GroupBuysInvalid, match=r"groups\.tsv, line 2: expected initiator"):
        list(read_group_buys(file))


def test_goods__without_the_price_list__are_stable_and_cheaper_from_three_units() -> None:
    good = Goods.from_vegetables(None).of(98)

    assert good == Goods.from_vegetables(None).of(98)
    assert good.price_minor == 1270
    assert [(step.units_min, step.price) for step in good.ladder] == [(1, 1270), (3, 1207)]


@pytest.mark.skipif(not VEGETABLES.is_dir(), reason="the shared data set is not beside this checkout")
def test_goods__from_the_price_list__have_its_names_and_prices() -> None:
    goods = Goods.from_vegetables(VEGETABLES)

    names = {goods.of(item).name for item in range(300)}

    assert "紫茄子(1)" in names
    assert all(20 <= goods.of(item).price_minor < 100_000 for item in range(300))
