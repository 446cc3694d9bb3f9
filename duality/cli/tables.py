"""Tables that fit any width: ids and verdicts are never cut; titles give way to them, then times and counts."""

import copy
from collections.abc import Iterator
from dataclasses import replace

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

_KEPT = ("Verdict", "Found", "Scale", "Validation")
"""Headings of the columns that stay whatever happens, beside the first."""
_LEAST_TITLE = 10
"""Characters of a title below which it says nothing."""
_LEAST_TEXT = 20
"""Characters of a line below which a text that wraps is hard to read."""


def table(out: Console, *columns: str) -> Table:
    """An empty table: with lines on a terminal, without them elsewhere. Only the columns added later give way."""
    box = SIMPLE_HEAD if out.is_terminal else None
    rows = _FittedTable(
        box=box, padding=(0, 1), collapse_padding=True, pad_edge=False, header_style="bold", show_edge=False
    )
    for name in columns:
        rows.add_column(name, no_wrap=True)
    return rows


class _FittedTable(Table):
    """A table of texts that leaves out columns where there is no room for all.

    Titles, the columns that may wrap or have no heading, take what the others leave, or go; then the others go from
    the last. Where even those that are kept do not fit beside each other, they stand below each other.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType | Segment]:
        shown = self._fitting(options.max_width)
        if shown is None:
            yield from self._stacked()
            return
        fitted = copy.copy(self)
        fitted.columns = [
            replace(self.columns[place], width=shown[place], _index=index)
            for index, place in enumerate(sorted(shown))
        ]
        yield from Table.__rich_console__(fitted, console, options)

    def _fitting(self, room: int) -> dict[int, int] | None:
        """The columns that fit, each with its width; None where those that are kept do not."""
        gap = 1 if self.box is None else 2
        widths = list(map(_natural, self.columns))
        titles = [place for place, column in enumerate(self.columns) if not (column.header and column.no_wrap)]
        shown = {place: width for place, width in enumerate(widths) if place not in titles}
        for place in reversed([*shown]):
            if sum(shown.values()) + gap * (len(shown) - 1) <= room:
                break
            if not self._kept(place):
                del shown[place]
        left = room - sum(shown.values()) - gap * (len(shown) - 1)
        if left < 0:
            return None
        # The narrowest first: what it does not need is for the others.
        for count, place in enumerate(sorted(titles, key=widths.__getitem__)):
            share = min(widths[place], left // (len(titles) - count) - gap)
            if share >= min(widths[place], _LEAST_TITLE if self.columns[place].no_wrap else _LEAST_TEXT):
                shown[place] = share
                left -= share + gap
        return shown

    def _kept(self, place: int) -> bool:
        return place == 0 or str(self.columns[place].header) in _KEPT

    def _stacked(self) -> Iterator[RenderableType]:
        kept = [column for place, column in enumerate(self.columns) if self._kept(place)]
        for first, *others in zip(*(column.cells for column in kept), strict=True):
            yield first
            for cell in others:
                yield Padding(cell, (0, 0, 0, 1))


def _natural(column: Column) -> int:
    """The width at which nothing of a column is cut or wrapped."""
    texts = [column.header, *column.cells]
    lines = [line for text in texts for line in (text.plain if isinstance(text, Text) else str(text)).split("\n")]
    return max(map(cell_len, lines))
