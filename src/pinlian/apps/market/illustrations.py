"""The pictures that a product can have without a photograph (Fluent Emoji, MIT; the build writes one file each)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.templatetags.static import static
from django.utils.translation import get_language

FALLBACK = "package"


@dataclass(frozen=True, slots=True)
class Illustration:
    """One picture: its name in the set, the category under which it is offered, and what it shows."""

    key: str
    category: str
    zh: str
    en: str

    @property
    def label(self) -> str:
        return self.zh if (get_language() or "").startswith("zh") else self.en

    @property
    def url(self) -> str:
        return illustration_url(self.key)


@cache
def illustrations() -> dict[str, Illustration]:
    """All pictures by key, in the order in which they are offered."""
    listed = json.loads(Path(__file__).with_name("illustrations.json").read_text(encoding="utf-8"))
    return {
        key: Illustration(key, category, zh, en) for category, keys in listed.items() for key, (zh, en) in keys.items()
    }


def illustration_url(key: str) -> str:
    """The address of a picture; that of a plain parcel for a key that is not known."""
    return static(f"build/illustrations/{key if key in illustrations() else FALLBACK}.svg")
