"""The guard against what tells of people: it finds telephone and order numbers, and leaves goods alone."""

from typing import Any

import pytest

from pinlian.gs1.epcis.personal_data import personal_data
from pinlian.gs1.epcis.problems import ProblemName as P


def found(event: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.name, problem.pointer) for problem in personal_data(event, "")]


@pytest.mark.parametrize(
    ("event", "name", "pointer"),
    [
        ({"example:note": "call 13800138000"}, P.PERSONAL_DATA_TELEPHONE, "/example:note"),
        ({"example:note": "联系 138-0013-8000"}, P.PERSONAL_DATA_TELEPHONE, "/example:note"),
        ({"example:note": "+8613800138000"}, P.PERSONAL_DATA_TELEPHONE, "/example:note"),
        ({"example:note": "021-62345678"}, P.PERSONAL_DATA_TELEPHONE, "/example:note"),
        ({"example:note": {"who": ["tel:+4930123456"]}}, P.PERSONAL_DATA_TELEPHONE, "/example:note/who/0"),
        ({"example:contact": 13800138000}, P.PERSONAL_DATA_TELEPHONE, "/example:contact"),
        ({"ilmd": {"example:phone": "unlisted"}}, P.PERSONAL_DATA_TELEPHONE, "/ilmd/example:phone"),
        ({"example:手机号": "x"}, P.PERSONAL_DATA_TELEPHONE, "/example:手机号"),
        ({"readPoint": {"id": "urn:farm:13800138000"}}, P.PERSONAL_DATA_TELEPHONE, "/readPoint/id"),
        (
            {"bizTransactionList": [{"bizTransaction": "urn:pinlian:order:0x12"}]},
            P.PERSONAL_DATA_ORDER_NUMBER,
            "/bizTransactionList/0/bizTransaction",
        ),
        ({"example:orderNumber": "A-1"}, P.PERSONAL_DATA_ORDER_NUMBER, "/example:orderNumber"),
        ({"example:note": "write to farmer@example.com"}, P.PERSONAL_DATA_EMAIL, "/example:note"),
        ({"example:note": "11010519491231002X"}, P.PERSONAL_DATA_IDENTITY_NUMBER, "/example:note"),
        ({"example:收货人": "x"}, P.PERSONAL_DATA_FIELD, "/example:收货人"),
    ],
)
def test_personal_data__what_tells_of_a_person__is_found(event: dict[str, Any], name: str, pointer: str) -> None:
    assert found(event) == [(name, pointer)]


@pytest.mark.parametrize(
    "event",
    [
        {"epcList": ["urn:epc:id:sgtin:4012345.011111.13800138000"]},
        {"bizTransactionList": [{"bizTransaction": "urn:pinlian:group:0x13800138000ab"}]},
        {"bizTransactionList": [{"bizTransaction": "http://transaction.acme.com/po/12345678"}]},
        {"bizTransactionList": [{"bizTransaction": "urn:epcglobal:cbv:bt:4012345123456:RE100099"}]},
        {"readPoint": {"id": "geo:31.230416,121.473701"}},
        {"example:note": "ripened 13 days at 4.5 degrees, 20261120-1"},
        {"example:digest": "ni:///sha-256;13800138000"},
        {"example:weight": 13800138000.5},
        {"example:machine": "urn:epc:id:giai:4012345.13800138000"},
    ],
)
def test_personal_data__what_tells_of_goods__is_left_alone(event: dict[str, Any]) -> None:
    assert found(event) == []
