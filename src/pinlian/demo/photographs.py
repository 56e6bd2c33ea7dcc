"""Photographs of harvests: a crate full of the goods, painted by rule, so that nobody has a right in them.

The same seed paints the same picture. Round things are shaded from a light at the upper left; a blur and the grain of a
small sensor make a photograph of it.
"""

import io
import random
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

WIDTH, HEIGHT = 720, 540
RIM = 34
PIECES = 10
"""So many differ; they are laid again and again."""
WOOD: Colour = (148, 112, 74)
LIGHT_AT = (0.36, 0.3)
GRAIN = 9


@dataclass(frozen=True, slots=True)
class Look:
    """How goods look in a crate: their colours, and width and height of a piece in pixels; `corner` rounds what is
    packed (1 for what grew round)."""

    colours: tuple[Colour, ...]
    width: int
    height: int
    corner: float = 1.0
    leaning_degrees: int = 25


LOOKS: Mapping[str, Look] = {
    "bok-choy": Look(((74, 128, 48), (96, 150, 62), (196, 216, 168)), 74, 190, leaning_degrees=50),
    "tomatoes": Look(((196, 44, 30), (214, 66, 40), (204, 84, 44)), 128, 116),
    "potatoes": Look(((190, 152, 98), (176, 136, 84), (202, 166, 112)), 138, 104, leaning_degrees=90),
    "cucumbers": Look(((58, 102, 46), (72, 122, 54), (88, 134, 70)), 54, 280, leaning_degrees=14),
    "broccoli": Look(((60, 106, 52), (74, 122, 60), (88, 132, 74)), 62, 58),
    "mushrooms": Look(((196, 168, 136), (172, 140, 106), (214, 192, 164)), 96, 80),
    "sweet-corn": Look(((226, 186, 72), (236, 202, 96), (150, 172, 92)), 68, 240, leaning_degrees=16),
    "sweet-potatoes": Look(((158, 76, 66), (172, 92, 76), (146, 66, 62)), 110, 210, leaning_degrees=60),
    "tangerines": Look(((234, 138, 32), (240, 152, 44), (228, 124, 30)), 112, 98),
    "pears": Look(((208, 192, 96), (216, 200, 116), (196, 178, 84)), 122, 146),
    "grapes": Look(((92, 48, 92), (108, 60, 106), (76, 40, 84)), 54, 54),
    "strawberries": Look(((202, 36, 44), (214, 52, 52), (190, 30, 42)), 74, 86, leaning_degrees=60),
    "kiwis": Look(((128, 98, 58), (140, 110, 68), (118, 88, 52)), 92, 112, leaning_degrees=60),
    "apples": Look(((190, 42, 42), (204, 74, 50), (214, 132, 70)), 136, 128),
    "rice": Look(((222, 208, 170), (212, 196, 154), (230, 218, 186)), 170, 240, 0.25, 4),
    "noodles": Look(((236, 222, 184), (228, 210, 168)), 130, 200, 0.2, 5),
    "oil": Look(((220, 170, 40), (228, 182, 58)), 120, 260, 0.4, 2),
    "eggs": Look(((216, 168, 128), (226, 184, 146), (206, 156, 114)), 88, 108, leaning_degrees=20),
    "milk": Look(((240, 242, 246), (226, 234, 244)), 110, 230, 0.2, 2),
    "honey": Look(((196, 122, 28), (208, 138, 40)), 120, 140, 0.4, 2),
    "pothos": Look(((82, 136, 60), (104, 156, 76), (158, 186, 96)), 96, 130, leaning_degrees=80),
}
PACKED = Look(((214, 206, 192), (178, 196, 214), (226, 220, 208)), 170, 150, 0.12, 3)
"""Everything that comes in boxes."""


def photograph(good: str, seed: str) -> bytes:
    """A JPEG of a crate of these goods (key of a Good)."""
    chance = random.Random(f"{good} {seed}")  # noqa: S311 -- a picture, no secret
    look = LOOKS.get(good, PACKED)
    picture = Image.new("RGB", (WIDTH, HEIGHT), _tinted(look.colours[0], 0.22))
    pieces = [_piece(look, chance) for _ in range(PIECES)]
    step_x, step_y = look.width * 0.72, min(look.height, 170) * 0.52
    for row in range(-1, round(HEIGHT / step_y) + 2):
        for column in range(-1, round(WIDTH / step_x) + 2):
            x = column * step_x + (row % 2) * step_x / 2 + chance.uniform(-0.16, 0.16) * look.width
            y = row * step_y + chance.uniform(-0.14, 0.14) * look.width
            _lay(picture, *chance.choice(pieces), (round(x), round(y)))
    _rim(picture, chance)
    picture = picture.filter(ImageFilter.GaussianBlur(1.1))
    grain = Image.effect_noise((WIDTH, HEIGHT), GRAIN).convert("RGB")
    picture = ImageChops.add(picture, grain, offset=-128)
    corners = Image.radial_gradient("L").resize((WIDTH, HEIGHT)).point(lambda value: max(0, value - 130))
    picture = Image.composite(picture.point(lambda value: value * 0.45), picture, corners)
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=85)
    return target.getvalue()


def _piece(look: Look, chance: random.Random) -> tuple[Image.Image, Image.Image]:
    """A piece, and where it is not see-through."""
    size = chance.uniform(0.88, 1.1)
    width, height = round(look.width * size), round(look.height * size)
    colour = _tinted(chance.choice(look.colours), chance.uniform(0.86, 1.1))
    mask = Image.new("L", (2 * width, 2 * height), 0)
    radius = round(look.corner * min(width, height))
    draw = ImageDraw.Draw(mask)
    if look.corner < 1:
        draw.rounded_rectangle((2, 2, 2 * width - 3, 2 * height - 3), radius, fill=255)
    else:
        draw.ellipse((2, 2, 2 * width - 3, 2 * height - 3), fill=255)
    mask = mask.resize((width, height), Image.Resampling.LANCZOS)
    dark, bright = (Image.new("RGB", mask.size, _tinted(colour, factor)) for factor in (0.42, 1.0))
    piece = Image.composite(dark, bright, _away(mask.size, 1.0))
    shine = _away(mask.size, 3.4).point(lambda value: 120 + value * 135 / 255)
    piece = Image.composite(piece, Image.new("RGB", mask.size, (255, 250, 238)), shine)
    angle = chance.uniform(-look.leaning_degrees, look.leaning_degrees)
    piece, mask = (image.rotate(angle, Image.Resampling.BICUBIC, expand=True) for image in (piece, mask))
    return piece, mask


def _lay(picture: Image.Image, piece: Image.Image, mask: Image.Image, at: tuple[int, int]) -> None:
    """One more piece on top of the others, with its shadow."""
    shadow = mask.point(lambda value: value // 3)
    for away in (4, 8):
        picture.paste((18, 14, 10), (at[0] + away // 2, at[1] + away), shadow)
    picture.paste(piece, at, mask)


def _away(size: tuple[int, int], near: float) -> Image.Image:
    """How far each point is from where the light falls: 0 there, 255 far; `near` makes the spot smaller."""
    width, height = size
    spread = round(2.2 * width / near), round(2.2 * height / near)
    field = Image.new("L", size, 255)
    corner = round(width * LIGHT_AT[0] - spread[0] / 2), round(height * LIGHT_AT[1] - spread[1] / 2)
    # The gradient reaches 180 in the middle of its sides: from there on it is far.
    field.paste(Image.radial_gradient("L").resize(spread).point(lambda value: min(255, value * 255 // 180)), corner)
    return field


def _rim(picture: Image.Image, chance: random.Random) -> None:
    """The boards of the crate, with their grain."""
    draw = ImageDraw.Draw(picture)
    boards = (
        (0, 0, WIDTH, RIM),
        (0, HEIGHT - RIM, WIDTH, HEIGHT),
        (0, 0, RIM, HEIGHT),
        (WIDTH - RIM, 0, WIDTH, HEIGHT),
    )
    for number, (left, top, right, bottom) in enumerate(boards):
        draw.rectangle((left, top, right, bottom), fill=_tinted(WOOD, 1.05 - 0.09 * number))
        for _ in range(26):
            tone = _tinted(WOOD, chance.uniform(0.78, 1.12))
            if right - left > bottom - top:
                y = chance.uniform(top, bottom)
                draw.line((left, y, right, y + chance.uniform(-4, 4)), fill=tone, width=1)
            else:
                x = chance.uniform(left, right)
                draw.line((x, top, x + chance.uniform(-4, 4), bottom), fill=tone, width=1)
        draw.rectangle((left, top, right, bottom), outline=_tinted(WOOD, 0.5), width=2)


def _tinted(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, round(part * factor)) for part in colour)
    return red, green, blue
