"""A guard: what names a person, or lets one be found, must not go into events, which everybody can read for ever.

It finds what is plainly one of these things: telephone numbers, e-mail addresses, identity numbers of residents, this
market's own order numbers, and fields that are named after them. It cannot find a name in free words.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pinlian.gs1.epcis.problems import Problem, ProblemName, pointer_to

# What these fields hold was checked to be an identifier of goods, a time or a number.
_NOT_SEARCHED = frozenset(
    {
        "@context",
        "type",
        "eventID",
        "eventTime",
        "recordTime",
        "eventTimeZoneOffset",
        "epcList",
        "childEPCs",
        "inputEPCList",
        "outputEPCList",
        "epcClass",
        "parentID",
        "transformationID",
        "correctiveEventIDs",
        "declarationTime",
        "hexBinaryValue",
        "time",
        "startTime",
        "endTime",
    }
)
_TELEPHONE_FIELDS = """phone phonenumber telephone telephonenumber tel mobile mobilephone cellphone 手机 手机号 手机号码
电话 联系电话"""
_EMAIL_FIELDS = "email emailaddress mail 邮箱 电子邮箱"
_IDENTITY_FIELDS = "idcard idcardnumber identitynumber 身份证 身份证号 身份证号码"
_ORDER_FIELDS = "ordernumber orderno orderid ordernr 订单号 订单编号"
_PERSON_FIELDS = """consignee consigneename recipient recipientname buyer buyername customer customername homeaddress
deliveryaddress 收货人 收件人 买家 姓名 收货地址"""
_FIELDS = {
    field: problem
    for fields, problem in (
        (_TELEPHONE_FIELDS, ProblemName.PERSONAL_DATA_TELEPHONE),
        (_EMAIL_FIELDS, ProblemName.PERSONAL_DATA_EMAIL),
        (_IDENTITY_FIELDS, ProblemName.PERSONAL_DATA_IDENTITY_NUMBER),
        (_ORDER_FIELDS, ProblemName.PERSONAL_DATA_ORDER_NUMBER),
        (_PERSON_FIELDS, ProblemName.PERSONAL_DATA_FIELD),
    )
    for field in fields.split()
}
_ORDER = re.compile(r"urn:pinlian:order:", re.IGNORECASE)
_TELEPHONE = re.compile(
    r"tel:|(?<![0-9A-Za-z._/+-])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9A-Za-z_])"
    r"|(?<=[:/])1[3-9]\d{9}(?![0-9A-Za-z_])"
    r"|(?<![0-9A-Za-z._/+-])0\d{2,3}-\d{7,8}(?![0-9A-Za-z_-])|(?<![0-9A-Za-z])\+\d{9,15}(?!\d)",
    re.ASCII,
)
_EMAIL = re.compile(r"mailto:|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}(?![\w-])", re.ASCII)
_IDENTITY_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?![0-9A-Za-z])", re.ASCII)
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE_MIN, _MOBILE_MAX = 13_000_000_000, 19_999_999_999
_IDENTIFIERS = ("urn:epc:", "https://id.gs1.org/", "ni:///", "urn:uuid:", "geo:")


def personal_data(event: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    """Each place of an event that holds personal data. `pointer` is the event's own."""
    yield from _within(event, pointer, is_extension=False)


def personal_data_of(name: str, value: Any, pointer: str) -> Iterator[Problem]:
    """The same of one attribute of master data: of its value, which is at `pointer`, and of what it is called."""
    local = _local(name)
    if local in _FIELDS:
        yield Problem(_FIELDS[local], pointer, {"field": name})
    else:
        yield from _within(value, pointer, is_extension=True)


def _local(name: str) -> str:
    """A field's own name in small letters, without its namespace."""
    return re.sub(r"[\W_]", "", re.split(r"[:/#]", name)[-1]).lower()


def _within(value: Any, pointer: str, *, is_extension: bool) -> Iterator[Problem]:
    if isinstance(value, dict):
        for name, content in value.items():
            place = pointer_to(pointer, name)
            if name in _NOT_SEARCHED and not is_extension:
                continue
            local = _local(name)
            if ":" in name or is_extension:
                if local in _FIELDS:
                    yield Problem(_FIELDS[local], place, {"field": name})
                else:
                    yield from _within(content, place, is_extension=True)
            else:
                yield from _within(content, place, is_extension=name == "ilmd")
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _within(element, pointer_to(pointer, index), is_extension=is_extension)
    elif isinstance(value, str):
        name = _in_text(value)
        if name is not None:
            yield Problem(name, pointer)
    elif is_extension and isinstance(value, int) and _MOBILE_MIN <= value <= _MOBILE_MAX:
        yield Problem(ProblemName.PERSONAL_DATA_TELEPHONE, pointer)


def _in_text(text: str) -> ProblemName | None:
    if _ORDER.match(text):
        return ProblemName.PERSONAL_DATA_ORDER_NUMBER
    if text.startswith(_IDENTIFIERS):
        return None
    if any(_is_identity_number(found) for found in _IDENTITY_NUMBER.findall(text)):
        return ProblemName.PERSONAL_DATA_IDENTITY_NUMBER
    if _EMAIL.search(text):
        return ProblemName.PERSONAL_DATA_EMAIL
    if _TELEPHONE.search(text):
        return ProblemName.PERSONAL_DATA_TELEPHONE
    return None


def _is_identity_number(text: str) -> bool:
    """GB 11643: a date of birth from the seventh digit on, and a check character."""
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _IDENTITY_WEIGHTS, strict=False))
    return born.year >= 1900 and "10X98765432"[total % 11] == text[17].upper()
