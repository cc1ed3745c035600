"""Places laid out as tiles of one size, each near where it lies: a dense city is as readable as a wide county."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

# Square metres of England, to the extent of the realm.
ENGLAND = 130_279e6
# So much of the width of a tile that would cover the land; narrower ones leave room in the country's bays.
_WIDTH = 0.85
# In each step places that would overlap go apart by a share of what they do, go back towards where they lie, and are
# drawn to their nearest neighbours where these have gone; together they keep the country's outline.
_STEPS, _APART, _BACK, _TOGETHER, _NEIGHBOURS, _LONGEST = 150, 0.35, 0.02, 0.03, 4, 0.3
# Rows of tiles that stand on a corner are so far apart, in widths.
_ROW = 3**0.5 / 2
_MARGIN = 2
# The corners of such a tile around its middle, in widths, from the upper one on with the clock.
_CORNERS = ((0.0, 1 / 3**0.5), (0.5, 0.5 / 3**0.5), (0.5, -0.5 / 3**0.5))
CORNERS = (*_CORNERS, *((-x, -y) for x, y in _CORNERS))


@dataclass(frozen=True, order=True)
class Tile:
    """The place of a tile on a grid of hexagons that stand on a corner.

    Parameters
    ----------
    row : int
        From south to north.
    half_column : int
        From west to east, in halves of a tile's width: even in even rows, odd in odd ones.
    """

    row: int
    half_column: int

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle in widths of a tile, eastwards and northwards."""
        return self.half_column / 2, self.row * _ROW

    @property
    def neighbours(self) -> tuple[Tile, ...]:
        """The six tiles around it; the side shared with the nth of them ends at the nth of `CORNERS` and the next."""
        around = ((1, 1), (0, 2), (-1, 1), (-1, -1), (0, -2), (1, -1))
        return tuple(Tile(self.row + up, self.half_column + along) for up, along in around)


def layout(places: Mapping[str, tuple[float, float]], land: float = ENGLAND) -> Mapping[str, Tile]:
    """Give each place a tile of its own, near where it lies.

    Places that are closer than a tile is wide are first moved apart, step by step, as in a cartogram of Dorling's; then
    places are assigned to tiles so that the sum of their squared distances is the least there is.

    Parameters
    ----------
    places : mapping of str to (float, float)
        Easting and northing of each place, in metres, by its name; their order is of no account.
    land : float
        What the places have between them, in square metres; it decides how wide a tile is.

    Returns
    -------
    mapping of str to Tile
        By name, in the order of names.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    names = sorted(places)
    if not names:
        return {}
    width = _WIDTH * (land / len(names) / _ROW) ** 0.5
    at = np.array([places[name] for name in names], dtype=np.float64) / width
    moved = _moved_apart(at - at.mean(axis=0))
    tiles = _grid_over(moved)
    middles = np.array([tile.middle for tile in tiles])
    apart = ((moved[:, None] - middles[None]) ** 2).sum(axis=-1)
    _, chosen = linear_sum_assignment(apart)
    return {name: tiles[i] for name, i in zip(names, chosen, strict=True)}


def _moved_apart(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move places until few are closer than a tile is wide.

    Parameters
    ----------
    at : array of float, shape (n, 2)
        In widths of a tile.
    """
    import numpy as np

    distances = _lengths(at[:, None] - at[None])
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, : min(_NEIGHBOURS, len(at) - 1)]
    moved = at.copy()
    for _ in range(_STEPS):
        x, y = moved.T
        across, up = x[:, None] - x, y[:, None] - y
        # Of some ten thousand pairs, the few that overlap alone move each other; a place does not move itself.
        one, other = np.nonzero(across**2 + up**2 < 1)
        between = moved[one] - moved[other]
        far = _lengths(between)
        pushed = between * (np.maximum(1 - far, 0) / np.maximum(far, np.finfo(float).eps))[:, None]
        away = np.stack([np.bincount(one, weights=along, minlength=len(at)) for along in pushed.T], axis=1)
        towards = moved[nearest] - moved[:, None]
        gone = _lengths(towards)
        gap = np.maximum(gone - 1, 0) / np.maximum(gone, 1)
        step = _APART * away + _BACK * (at - moved) + _TOGETHER * (towards * gap[..., None]).sum(axis=1)
        moved = moved + np.clip(step, -_LONGEST, _LONGEST)
    return moved


def _lengths(vectors: Any) -> Any:
    import numpy as np

    return np.sqrt((vectors**2).sum(axis=-1))


def _grid_over(at: NDArray[np.float64]) -> list[Tile]:
    """Give the tiles of a grid on which all places lie, with room around them for as many as there are."""
    import numpy as np

    margin = _MARGIN + len(at) ** 0.5 / 2
    (west, south), (east, north) = at.min(axis=0) - margin, at.max(axis=0) + margin
    rows = range(int(np.floor(south / _ROW)), int(np.ceil(north / _ROW)) + 1)
    columns = range(int(np.floor(west)), int(np.ceil(east)) + 1)
    return [Tile(row, 2 * column + row % 2) for row in rows for column in columns]
