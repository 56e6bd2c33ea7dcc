"""A farm and a warehouse, and a record that both write into."""

from pathlib import Path

import pytest
from pytest_django import Settings

from pinlian.apps.market import facade as market
from pinlian.chain.rpc import to_hex
from tests.integration.capture.handler import Handler
from tests.integration.town import key


@pytest.fixture
def record(settings: Settings, tmp_path: Path) -> None:
    """An empty record with keys of its own."""
    settings.ESCROW_DEPLOYMENT = "tests.integration.record.conftest.deployment"
    settings.PINLIAN_HOME = tmp_path


@pytest.fixture
def farmer(db: None, record: None) -> Handler:
    """A merchant with one product."""
    handler = Handler("13900000061", "吴志远", key("key of a farmer"), role="merchant", kind="farm")
    account = to_hex(handler.key.address)
    shop = market.add_merchant(handler.id, name="山里菜合作社", region="临安", about="", account=account, verified=True)
    market.add_product(
        shop.id,
        market.ProductWords(
            category="vegetables", name_zh="小青菜", unit_zh="500 克", name_en="Pak choi", unit_en="500 g"
        ),
    )
    return handler


@pytest.fixture
def warehouse(db: None, record: None) -> Handler:
    return Handler("13900000062", "仓库小李", key("key of a warehouse"), role="courier", kind="grid_warehouse")
