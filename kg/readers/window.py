"""A long text seen through a window: records are cut out of it without holding the whole, and lines are counted."""

from __future__ import annotations

from collections.abc import Iterable

MAX_RECORD = 16 << 20  # characters; no record of a paper is longer
_STEP = 1 << 18


class Window:
    """The part of a text that is held: `text` from `pos` on is still to be read, and `pos` lies in line `line`.

    Consecutive pieces with one number are one line, as `kg.readers.source` gives lines that are very long.
    """

    def __init__(self, pieces: Iterable[tuple[int, str]]) -> None:
        self._pieces = iter(pieces)
        self._number = 0
        self.text, self.pos, self.line = "", 0, 1

    def grow(self) -> bool:
        """Hold at least twice as much; say whether there was more and the limit allows it."""
        held = len(self.text) - self.pos
        if held > MAX_RECORD:
            return False
        parts: list[str] = []
        size, wanted = 0, max(_STEP, held)
        for number, piece in self._pieces:
            if number != self._number and self._number:
                parts.append("\n")
            self._number = number
            parts.append(piece)
            size += len(piece) + 1
            if size >= wanted:
                break
        if not parts:
            return False
        self.text = self.text[self.pos :] + "".join(parts)
        self.pos = 0
        return True

    def advance(self, end: int) -> None:
        """Put everything before `end` behind."""
        self.line += self.text.count("\n", self.pos, end)
        self.pos = end

    def peek(self) -> str:
        """Pass over white space; return the character there, or nothing at the end."""
        while True:
            end = self.pos
            while end < len(self.text) and self.text[end].isspace():
                end += 1
            self.advance(end)
            if end < len(self.text):
                return self.text[end]
            if not self.grow():
                return ""
