"""Answers as values, and as text: a table for people, CSV, JSON and Markdown for tools."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import zip_longest
from typing import Any

from kg.model import QueryError

Value = str | int | float | bool | None

FORMATS = ("table", "csv", "json", "md")
UNKNOWN = "–"  # what people see where there is no value; CSV leaves the cell empty, JSON has null
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_NARROWEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Rows under named columns.

    `note` tells what a person must know to read them: what has no result, what was left out, how many there are in
    all. `truncated` says that there are more rows. `ids` are the node ids of the rows and `edges` the keys of the edges
    that each row rests on; both are empty when the rows are no nodes. `reading` is the question as it was understood,
    `sparql` the same question as SPARQL, and `evidence` what each row rests on, in lines for people.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""
    truncated: bool = False
    ids: tuple[str, ...] = ()
    edges: tuple[tuple[tuple[str, str, str], ...], ...] = ()
    reading: str = ""
    sparql: str = ""
    evidence: tuple[tuple[str, ...], ...] = ()

    def _repr_html_(self) -> str:
        """Show the answer in a notebook: a table of text, with its note, and the evidence under each row if any."""
        head = "".join(f"<th>{escape(_shown(name))}</th>" for name in self.columns)
        body = []
        for row, told in zip_longest(self.rows, self.evidence, fillvalue=()):
            body.append("<tr>" + "".join(f"<td><bdi>{escape(_shown(value))}</bdi></td>" for value in row) + "</tr>")
            body += [f'<tr><td colspan="{len(row)}"><bdi>{escape(printable(line))}</bdi></td></tr>' for line in told]
        note = f"<p>{escape(printable(self.note))}</p>" if self.note else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{note}"


def format_answer(answer: Answer, format: str = "table", *, width: int = 120) -> str:
    """Return the answer as text without a final newline; `width` is how wide a table may be.

    `csv` is for machines: values are quoted, never changed, so cells may begin with = or @. An unknown format is a
    QueryError.
    """
    writers = {"csv": _csv, "json": _json, "md": _markdown}
    if format == "table":
        return _table(answer, width)
    if answer.evidence and format in ("csv", "md"):
        rows = tuple((*r, " | ".join(e)) for r, e in zip(answer.rows, answer.evidence, strict=True))
        answer = replace(answer, columns=(*answer.columns, "evidence"), rows=rows, evidence=())
    if format not in writers:
        raise QueryError(f"no format called {format!r}", hint="one of " + ", ".join(FORMATS))
    return writers[format](answer)


def printable(text: str) -> str:
    """Return text that cannot steer a terminal or reorder a line: control and direction marks become visible.

    >>> printable(chr(27) + "[31mred") == chr(0xFFFD) + "[31mred"
    True
    """
    return _UNPRINTABLE.sub("\ufffd", " ".join(text.split()) if text.strip() else text)


def columns_of(text: str) -> int:
    """Return how many terminal columns a text takes; East Asian wide characters take two, combining marks none.

    >>> columns_of("LoRA"), columns_of("学習"), columns_of("e\u0301")
    (4, 4, 1)
    """
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def cut(text: str, width: int) -> str:
    """Return the text in at most `width` columns, with an ellipsis when something is lost.

    >>> cut("benchmark", 6), cut("学習する", 5)
    ('bench…', '学習…')
    """
    if columns_of(text) <= width:
        return text
    kept = ""
    for character in text:
        if columns_of(kept + character) > width - 1:
            break
        kept += character
    return kept + "…"


def _table(answer: Answer, width: int) -> str:
    cells = [[_shown(value) for value in row] for row in answer.rows]
    widths = _widths(answer.columns, cells, width)
    numeric = [_numeric([row[i] for row in answer.rows]) for i in range(len(answer.columns))]
    lines: list[Sequence[str]] = [answer.columns, ["─" * w for w in widths], *cells]
    behind = [(), (), *(answer.evidence or [()] * len(cells))]
    text = []
    for line, told in zip(lines, behind, strict=True):
        text.append("  ".join(_padded(*three) for three in zip(line, widths, numeric, strict=True)).rstrip())
        text += [f"    {printable(one)}" for one in told]
    return "\n".join(text)


def _widths(columns: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Give every column what it needs; when that is too much, the widest give way first."""
    widths = [max([columns_of(name), *(columns_of(row[i]) for row in cells)]) for i, name in enumerate(columns)]
    room = max(width - 2 * (len(widths) - 1), _NARROWEST * len(widths))
    while sum(widths) > room:
        widest = max(range(len(widths)), key=lambda i: (widths[i], -i))
        others = max((w for i, w in enumerate(widths) if i != widest), default=0)
        fair = widths[widest] - (sum(widths) - room)
        widths[widest] = max(fair, min(others, widths[widest] - 1), _NARROWEST)
    return widths


def _padded(cell: str, width: int, right: bool) -> str:
    text = cut(cell, width)
    space = " " * (width - columns_of(text))
    return space + text if right else text + space


def _numeric(column: Sequence[Value]) -> bool:
    """Whether a column holds numbers, and nothing else but what is unknown."""
    known = [value for value in column if value is not None]
    return bool(known) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)


def _shown(value: Value) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else printable(str(value))


def _csv(answer: Answer) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_raw(value) for value in row] for row in answer.rows)
    return text.getvalue().removesuffix("\n")


def _raw(value: Value) -> Value:
    return _shown(value) if isinstance(value, bool) else value


def _json(answer: Answer) -> str:
    keys: list[dict[str, Any]] = [{"id": key} for key in answer.ids] or [{} for _ in answer.rows]
    rows = [key | dict(zip(answer.columns, row, strict=True)) for key, row in zip(keys, answer.rows, strict=True)]
    for row, told in zip(rows, answer.evidence, strict=False):
        row["evidence"] = list(told)
    whole: dict[str, Any] = {
        "columns": answer.columns,
        "rows": rows,
        "truncated": answer.truncated,
        "note": answer.note,
    }
    whole |= {"reading": answer.reading, "sparql": answer.sparql} if answer.sparql else {}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _markdown(answer: Answer) -> str:
    lines = (answer.columns, *([_shown(value) for value in row] for row in answer.rows))
    head, *rows = ["| " + " | ".join(map(_escaped, line)) + " |" for line in lines]
    return "\n".join([head, "| " + " | ".join(["---"] * len(answer.columns)) + " |", *rows])


def _escaped(cell: str) -> str:
    """Markdown that stays text: no new column, no HTML, no link."""
    return re.sub(r"([\\|<>\[\]`*_])", r"\\\1", cell)
