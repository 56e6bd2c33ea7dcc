"""What every template needs: amounts, times, icons and links of the page shell."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from pinlian.domain.money import format_minor
from pinlian.domain.refusals import Refusal
from pinlian.web.device_texts import device_texts
from pinlian.web.refusal_texts import refusal_text

register = template.Library()

_SCRIPT_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


@register.filter
def money(amount_minor: int | None) -> SafeString | str:
    """Minor units of the settlement currency as `¥12.34`; nothing for None."""
    if amount_minor is None:
        return ""
    sign = "−" if amount_minor < 0 else ""
    text = format_minor(abs(amount_minor))
    return format_html('<data class="money" value="{}">{}¥{}</data>', amount_minor, sign, text)


@register.filter
def moment(when: datetime | int | None, style: str = "moment") -> SafeString | str:
    """A time on the reader's calendar; nothing for None.

    Args:
        when: an aware datetime, or seconds since the Unix epoch.
        style: `moment` (day and time of day), `day`, or `clock` (time of day).
    """
    if when is None:
        return ""
    aware = datetime.fromtimestamp(when, UTC) if isinstance(when, int) else when
    local = timezone.localtime(aware)
    chinese = (get_language() or "").startswith("zh")
    day = formats.date_format(local, "n月j日" if chinese else "j M")
    if local.year != timezone.localtime().year:
        day = formats.date_format(local, "Y年n月j日" if chinese else "j M Y")
    clock = formats.date_format(local, "H:i")
    text = {"moment": f"{day} {clock}", "day": day, "clock": clock}[style]
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), text)


@register.filter
def moment_text(when: int) -> str:
    """As `moment`, without markup: for drawings."""
    return strip_tags(moment(when))


@register.filter
def share(bps: int) -> str:
    """Basis points as a percentage without needless zeros: 250 is `2.5%`."""
    whole, hundredths = divmod(bps, 100)
    return f"{whole}.{hundredths:02d}".rstrip("0").rstrip(".") + "%"


@register.simple_tag
def refusal_words(refusal: Refusal) -> SafeString:
    """Why something was refused, and what to do about it."""
    text = refusal_text(refusal)
    return format_html('<p class="font-semibold">{}</p><p>{}</p>', text.title, text.remedy)


@register.simple_tag
def refusal_reason(refusal: Refusal) -> str:
    """Why something was refused, in one sentence."""
    return str(refusal_text(refusal).title)


@register.simple_tag
def icon(name: str, css_class: str = "icon") -> SafeString:
    """A decorative icon of the sprite (frontend/icons.json lists the names); screen readers skip it."""
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css_class,
        static("build/icons.svg"),
        name,
    )


@register.simple_tag(name="device_texts")
def texts_for_device() -> SafeString:
    """The texts that scripts show, for the page to carry along."""
    # As json_script, but Chinese stays as it is: escaped it would be three times as long, on every page.
    body = json.dumps(device_texts(), ensure_ascii=False, separators=(",", ":")).translate(_SCRIPT_ESCAPES)
    return format_html('<script id="device-texts" type="application/json">{}</script>', mark_safe(body))  # noqa: S308


@register.simple_tag
@lru_cache
def script_text(name: str) -> SafeString:
    """A built script, to stand in the page itself."""
    # No built script has an end tag in it: esbuild writes `<\\/script`.
    return mark_safe(Path(str(finders.find(name))).read_text())  # noqa: S308


@register.simple_tag
def page_url(name: str, *args: Any) -> str:
    """The address of a named page, or nothing where this installation does not have it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
