"""What stands in rooms, built at a spot: its own x to the right, y up, its front towards -z."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from streamdefocus.training.synthetic.palette import Palette
from streamdefocus.training.synthetic.scene import Material, Spot

Build = Callable[[Spot, Palette], None]


@dataclass(frozen=True)
class Furniture:
    """A kind of furniture.

    Attributes:
        build: Builds one.
        width, depth: Of the place that it needs, metres.
        by_wall: Whether it stands with its back to a wall.
        likelihood: Relative.
    """

    build: Build
    width: float
    depth: float
    by_wall: bool
    likelihood: float = 1.0


def desk(spot: Spot, palette: Palette) -> None:
    """A table with four legs, things on it, often a monitor."""
    rng = palette.rng
    width, depth, height = rng.uniform(0.9, 1.7), rng.uniform(0.55, 0.85), rng.uniform(0.68, 0.78)
    _table(spot, palette, width, depth, height)
    top = spot.moved(0, height, 0)
    if rng.random() < 0.65:
        monitor(top.moved(rng.uniform(-0.25, 0.25), 0, 0.1, rng.uniform(-0.3, 0.3)), palette)
    _clutter(top, palette, width, depth, int(rng.integers(1, 7)))
    if rng.random() < 0.35:
        desk_lamp(top.moved(float(rng.choice([-1, 1])) * width * 0.4, 0, 0.15), palette)
    if rng.random() < 0.3:  # drawers
        spot.box((width * 0.33, 0.03, 0), (0.4, height - 0.07, depth * 0.85), palette.wood())


def dining_table(spot: Spot, palette: Palette) -> None:
    """A table with chairs around it."""
    rng = palette.rng
    width, depth, height = rng.uniform(1.0, 2.0), rng.uniform(0.7, 1.0), rng.uniform(0.7, 0.78)
    _table(spot, palette, width, depth, height)
    _clutter(spot.moved(0, height, 0), palette, width, depth, int(rng.integers(1, 6)))
    wood, cloth = palette.wood(), palette.fabric()
    for side in (-1, 1):
        for i in range(int(rng.integers(1, 3))):
            x = (i - 0.5) * width * 0.5 + rng.uniform(-0.1, 0.1)
            turn = (np.pi if side < 0 else 0) + rng.uniform(-0.3, 0.3)
            _chair(
                spot.moved(x, 0, side * (depth / 2 + rng.uniform(0.1, 0.35)), turn),
                rng,
                wood,
                cloth,
            )


def chair(spot: Spot, palette: Palette) -> None:
    """A chair with thin legs and a back of slats."""
    _chair(spot, palette.rng, palette.wood(), palette.fabric())


def stool(spot: Spot, palette: Palette) -> None:
    """A round seat on three or four legs."""
    rng = palette.rng
    material, height, radius = palette.wood(), rng.uniform(0.4, 0.75), rng.uniform(0.15, 0.22)
    count = int(rng.integers(3, 5))
    for i in range(count):
        angle = 2 * np.pi * (i + 0.3) / count
        x, z = 0.8 * radius * np.cos(angle), 0.8 * radius * np.sin(angle)
        spot.box((x, 0, z), (0.03, height, 0.03), material)
    profile = [(0.0, 0.0), (radius, 0.0), (radius, 0.04), (0.0, 0.04)]
    spot.lathe((0, height, 0), profile, palette.fabric(), 12)


def shelf(spot: Spot, palette: Palette) -> None:
    """An open shelf with books and things."""
    rng = palette.rng
    width, height, depth = rng.uniform(0.6, 1.6), rng.uniform(0.9, 2.2), rng.uniform(0.25, 0.4)
    wood = palette.wood()
    levels = int(np.clip(round(height / rng.uniform(0.32, 0.5)), 2, 6))
    for side in (-1, 1):
        spot.box((side * (width / 2 - 0.015), 0, 0), (0.03, height, depth), wood)
    if rng.random() < 0.7:
        spot.box((0, 0, depth / 2 - 0.01), (width, height, 0.01), wood.shaded(0.7))
    for level in range(levels + 1):
        y = 0.04 + level * (height - 0.08) / levels
        spot.box((0, y, 0), (width, 0.025, depth), wood)
        if level == levels:
            continue
        room = (height - 0.08) / levels - 0.05
        if rng.random() < 0.6:
            part = width * rng.uniform(0.4, 0.92)
            x = rng.uniform(-1, 1) * (width - part) * 0.45
            size = (part, room * rng.uniform(0.65, 0.95), depth * 0.7)
            spot.box((x, y + 0.025, 0.02), size, palette.picture("books"))
        else:
            _clutter(spot.moved(0, y + 0.025, 0), palette, width, depth, 3, room)


def cabinet(spot: Spot, palette: Palette) -> None:
    """A chest with doors or drawers, and things on top."""
    rng = palette.rng
    width, height, depth = rng.uniform(0.6, 1.8), rng.uniform(0.5, 2.0), rng.uniform(0.35, 0.6)
    wood = palette.wood()
    spot.box((0, 0.06, 0), (width, height, depth), wood)
    spot.box((0, 0, 0.02), (width * 0.95, 0.06, depth * 0.9), wood.shaded(0.5))
    columns, rows = int(rng.integers(1, 4)), int(rng.integers(1, 5))
    front = wood.shaded(rng.uniform(0.8, 1.2))
    knob = palette.metal()
    for i in range(columns):
        for j in range(rows):
            w, h = width / columns, (height - 0.02) / rows
            x, y = (i + 0.5) * w - width / 2, 0.07 + j * h
            spot.box((x, y + 0.01, -depth / 2 - 0.008), (w - 0.03, h - 0.025, 0.016), front)
            size = (0.1, 0.015, 0.03) if rows > 1 else (0.015, 0.12, 0.03)
            spot.box((x, y + h * 0.55, -depth / 2 - 0.03), size, knob)
    if height < 1.4:
        top = spot.moved(0, height + 0.06, 0)
        _clutter(top, palette, width, depth, int(rng.integers(0, 6)))
        if rng.random() < 0.3:
            _plant(top.moved(rng.uniform(-0.3, 0.3), 0, 0), palette, rng.uniform(0.3, 0.6))


def sofa(spot: Spot, palette: Palette) -> None:
    """A sofa or armchair with cushions."""
    rng = palette.rng
    width, depth, seat = rng.uniform(0.85, 2.2), rng.uniform(0.75, 0.95), rng.uniform(0.36, 0.45)
    back = rng.uniform(0.7, 0.95)
    cloth = palette.fabric()
    spot.box((0, 0.08, 0), (width, seat - 0.2, depth), cloth.shaded(0.85))
    count = max(1, round(width / 0.75))
    for i in range(count):
        x = (i + 0.5) * width / count - width / 2
        size = (width / count - 0.02, 0.14, depth - 0.2)
        spot.box((x, seat - 0.12, -0.08), size, cloth)
        spot.box((x, seat, depth / 2 - 0.25), (size[0], back - seat, 0.18), cloth, lean=0.06)
    for side in (-1, 1):
        x = side * (width / 2 + 0.07)
        spot.box((x, 0.05, 0), (0.15, seat + 0.15, depth), cloth.shaded(0.92))
        for end in (-1, 1):
            spot.box((x * 0.9, 0, end * depth * 0.42), (0.04, 0.08, 0.04), palette.wood())
    for _ in range(int(rng.integers(0, 3))):
        x = rng.uniform(-0.4, 0.4) * width
        spot.box((x, seat + 0.02, 0.05), (0.4, 0.38, 0.12), palette.fabric(), lean=0.12)


def bed(spot: Spot, palette: Palette) -> None:
    """A bed with its head to the wall."""
    rng = palette.rng
    width, depth = rng.uniform(0.9, 1.8), 2.0
    wood, cloth = palette.wood(), palette.fabric()
    spot.box((0, 0.15, 0), (width, 0.15, depth), wood)
    spot.box((0, 0.3, 0), (width * 0.97, 0.2, depth * 0.97), palette.any("plain"))
    spot.box((0, 0.32, -0.3), (width * 1.03, 0.2, depth * 0.66), cloth)
    spot.box((0, 0, depth / 2 - 0.03), (width, rng.uniform(0.7, 1.2), 0.06), wood)
    count = 1 if width < 1.3 else 2
    for i in range(count):
        x = (i - (count - 1) / 2) * width * 0.48
        spot.box((x, 0.5, depth / 2 - 0.35), (0.55, 0.12, 0.38), palette.any("plain"), taper=0.8)
    for x in (-1, 1):
        for z in (-1, 1):
            spot.box((x * width * 0.45, 0, z * 0.9), (0.06, 0.15, 0.06), wood)


def floor_lamp(spot: Spot, palette: Palette) -> None:
    """A shade on a thin pole."""
    rng = palette.rng
    metal, height = palette.metal(), rng.uniform(1.2, 1.8)
    radius, tall = rng.uniform(0.12, 0.25), rng.uniform(0.2, 0.35)
    spot.lathe((0, 0, 0), [(0.14, 0.0), (0.14, 0.02), (0.0, 0.03)], metal)
    spot.lathe((0, 0, 0), [(0.012, 0.0), (0.012, height)], metal, 5)
    shade = palette.any("plain", tint=0.3)
    glowing = Material(shade.tile, shade.tint, shade.tile_m, rng.uniform(0.6, 1.5))
    spot.lathe(
        (0, height - 0.1, 0), [(radius, 0), (radius * rng.uniform(0.5, 1), tall)], glowing, 12
    )


def desk_lamp(spot: Spot, palette: Palette) -> None:
    """A small lamp: foot, stem, shade."""
    metal = palette.metal()
    height = palette.rng.uniform(0.3, 0.5)
    spot.lathe((0, 0, 0), [(0.08, 0.0), (0.08, 0.02), (0.0, 0.025)], metal)
    spot.box((0, 0, 0), (0.012, height, 0.012), metal)
    spot.lathe((0, height - 0.06, -0.04), [(0.09, 0), (0.03, 0.12), (0.0, 0.121)], palette.paint())


def monitor(spot: Spot, palette: Palette) -> None:
    """A screen on a foot."""
    rng = palette.rng
    width = rng.uniform(0.4, 0.8)
    height, metal = width * rng.uniform(0.55, 0.7), palette.metal()
    spot.box((0, 0, 0), (0.2, 0.01, 0.16), metal)
    spot.box((0, 0, 0.02), (0.04, 0.2, 0.03), metal)
    spot.box((0, 0.1, 0), (width + 0.03, height + 0.03, 0.03), metal)
    spot.sheet((0, 0.115, -0.018), width, height, palette.picture("screen", rng.uniform(0, 0.9)))


def pot_plant(spot: Spot, palette: Palette) -> None:
    """A plant in a pot on the floor."""
    _plant(spot, palette, palette.rng.uniform(0.7, 1.6))


def toys(spot: Spot, palette: Palette) -> None:
    """Boxes and balls on the floor."""
    _clutter(spot, palette, 1.0, 1.0, int(palette.rng.integers(2, 7)), 0.5)


def someone(spot: Spot, palette: Palette) -> None:
    """A person who stands: flat, turned to wherever the spot faces."""
    material, aspect = palette.cut_out("person")
    height = palette.rng.uniform(1.55, 1.9) if aspect < 1.1 else palette.rng.uniform(0.7, 1.2)
    spot.sheet((0, 0, 0), min(height * aspect, 1.6), height, material)


def clothes_rail(spot: Spot, palette: Palette) -> None:
    """Thin poles, with clothes on a bar."""
    rng = palette.rng
    width, height, metal = rng.uniform(0.7, 1.3), rng.uniform(1.4, 1.7), palette.metal()
    for side in (-1, 1):
        spot.box((side * width / 2, 0, 0), (0.025, height, 0.025), metal)
        spot.box((side * width / 2, 0, 0), (0.03, 0.03, 0.4), metal)
    spot.box((0, height - 0.025, 0), (width, 0.025, 0.025), metal)
    for x in np.arange(-width / 2 + 0.1, width / 2 - 0.1, rng.uniform(0.09, 0.2)):
        long = rng.uniform(0.5, 1.0)
        spot.box((x, height - 0.05 - long, 0), (0.05, long, 0.42), palette.fabric(), taper=0.7)


def ladder(spot: Spot, palette: Palette) -> None:
    """Two rails and rungs: something to look through."""
    rng = palette.rng
    height, width, material = rng.uniform(1.2, 2.2), rng.uniform(0.35, 0.5), palette.wood()
    for side in (-1, 1):
        spot.box((side * width / 2, 0, 0), (0.04, height, 0.04), material, lean=0.35)
    for y in np.arange(0.25, height - 0.05, 0.28):
        spot.box((0, y, 0.35 * y / height), (width, 0.03, 0.04), material)


FURNITURE = (
    Furniture(desk, 1.6, 0.8, by_wall=True, likelihood=1.5),
    Furniture(desk, 1.6, 0.8, by_wall=False),
    Furniture(dining_table, 2.0, 2.0, by_wall=False, likelihood=1.2),
    Furniture(chair, 0.6, 0.6, by_wall=False, likelihood=2.0),
    Furniture(stool, 0.4, 0.4, by_wall=False),
    Furniture(shelf, 1.4, 0.4, by_wall=True, likelihood=2.0),
    Furniture(cabinet, 1.6, 0.6, by_wall=True, likelihood=1.5),
    Furniture(sofa, 2.2, 1.0, by_wall=True),
    Furniture(sofa, 2.2, 1.0, by_wall=False, likelihood=0.7),
    Furniture(bed, 1.8, 2.1, by_wall=True, likelihood=0.6),
    Furniture(floor_lamp, 0.5, 0.5, by_wall=False, likelihood=1.2),
    Furniture(pot_plant, 0.7, 0.7, by_wall=False, likelihood=1.5),
    Furniture(toys, 1.0, 1.0, by_wall=False),
    Furniture(someone, 0.7, 0.5, by_wall=False, likelihood=1.6),
    Furniture(clothes_rail, 1.3, 0.5, by_wall=False, likelihood=0.5),
    Furniture(ladder, 0.6, 0.6, by_wall=False, likelihood=0.4),
)


def _table(spot: Spot, palette: Palette, width: float, depth: float, height: float) -> None:
    rng = palette.rng
    wood = palette.wood()
    leg = wood if rng.random() < 0.6 else palette.metal()
    thick = rng.uniform(0.025, 0.07)
    spot.box((0, height - 0.035, 0), (width, 0.035, depth), wood)
    for x in (-1, 1):
        for z in (-1, 1):
            at = (x * (width / 2 - thick), 0, z * (depth / 2 - thick))
            spot.box(at, (thick, height - 0.035, thick), leg)


def _chair(spot: Spot, rng: np.random.Generator, wood: Material, cloth: Material) -> None:
    seat, back, side = rng.uniform(0.42, 0.5), rng.uniform(0.8, 1.05), rng.uniform(0.4, 0.5)
    thick = rng.uniform(0.02, 0.045)
    for x in (-1, 1):
        for z in (-1, 1):
            at = (x * (side - thick) / 2, 0, z * (side - thick) / 2)
            spot.box(at, (thick, seat if z < 0 else back, thick), wood)
    spot.box((0, seat - 0.04, 0), (side, 0.04, side), cloth)
    if rng.random() < 0.5:
        slats = int(rng.integers(2, 5))
        for y in np.linspace(seat + 0.12, back - 0.07, slats):
            spot.box((0, y, side / 2 - 0.02), (side - 0.03, 0.06, 0.015), wood)
    else:
        spot.box((0, back - 0.33, side / 2 - 0.02), (side - 0.03, 0.3, 0.02), cloth)


def _plant(spot: Spot, palette: Palette, height: float) -> None:
    rng = palette.rng
    pot = height * rng.uniform(0.2, 0.3)
    radius = pot * rng.uniform(0.4, 0.6)
    profile = [(radius * 0.75, 0.0), (radius, pot), (0.0, pot - 0.01)]
    spot.lathe((0, 0, 0), profile, palette.paint(), 12)
    material, _ = palette.cut_out("plant")
    for turn in np.arange(3) * np.pi / 3 + rng.uniform(0, np.pi):
        leafy = height - pot * 0.9
        spot.moved(0, 0, 0, turn).sheet((0, pot * 0.9, 0), leafy * 1.05, leafy, material)


def _clutter(
    spot: Spot, palette: Palette, width: float, depth: float, count: int, tallest: float = 0.35
) -> None:
    """Boxes, books, mugs, bottles, balls on a surface."""
    rng = palette.rng
    for _ in range(count):
        x, z = rng.uniform(-0.42, 0.42) * width, rng.uniform(-0.35, 0.35) * depth
        there = spot.moved(x, 0, z, rng.uniform(-0.8, 0.8))
        size = min(tallest, 0.35) * rng.uniform(0.25, 0.9)
        style = rng.integers(5)
        if style == 0:
            there.box(
                (0, 0, 0),
                (rng.uniform(0.08, 0.3), size, rng.uniform(0.06, 0.2)),
                palette.anything(),
            )
        elif style == 1:
            for i in range(int(rng.integers(1, 4))):
                there.box((0, 0.03 * i, 0), (0.24, 0.028, 0.17), palette.anything())
        elif style == 2:
            radius = min(size * 0.35, 0.09)
            profile = [(radius, 0.0), (radius, size * 0.6), (0.0, size * 0.58)]
            there.lathe((0, 0, 0), profile, palette.paint())
        elif style == 3:
            radius = min(size * 0.22, 0.06)
            profile = [(radius, 0.0), (radius, size * 0.6), (radius * 0.35, size * 0.8)]
            there.lathe((0, 0, 0), [*profile, (radius * 0.35, size), (0.0, size)], palette.paint())
        else:
            there.ball((0, 0, 0), min(size * 0.4, 0.12), palette.anything())
