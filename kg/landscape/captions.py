"""What each table is called and what its numbers mean, in the same words wherever it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from kg.landscape.values import Landscape, Matrix

_LUCKY = 0.025  # how often a 95 % interval lies above 0 although nothing grew


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A heading, and one sentence on how to read what is under it."""

    title: str
    about: str


def ranking(landscape: Landscape) -> Caption:
    """Return the caption of the ranking."""
    rows, total = len(landscape.ranking.rows), landscape.ranking.total
    return Caption(
        title=f"Most used {landscape.kinds}",
        about=f"Papers that use it; those that introduce it or only compare with it do not count. {rows} of {total}.",
    )


def rising(landscape: Landscape) -> Caption:
    """Return the caption of what rises: what is compared, and how far to trust it; or why nothing is."""
    found = landscape.rising
    if found.cut is None:
        return Caption(title=f"Rising {landscape.kinds}", about=_sentence(found.reason))
    lucky = round(found.compared * _LUCKY)
    return Caption(
        title=f"Rising {landscape.kinds}",
        about=f"Share of the {found.after:,} papers since {found.cut} and of the {found.before:,} dated papers before, "
        "and the 95 % interval of the change, sure if all above 0. "
        f"Of {found.compared} compared, {f'about {lucky}' if lucky else 'hardly one'} would look sure by chance.",
    )


def pairs(landscape: Landscape) -> Caption:
    """Return the caption of the pairs."""
    found = landscape.pairs
    return Caption(
        title=f"{landscape.kinds.capitalize()} used together",
        about=f"Lift: how many times more of the {found.papers:,} papers use both than by chance. First what is least "
        f"like chance (likelihood ratio): neither the popular nor the rare wins. {len(found.rows)} of {found.total}.",
    )


def matrix(landscape: Landscape, found: Matrix) -> Caption:
    """Return the caption of a matrix."""
    return Caption(
        title=f"{landscape.kinds.capitalize()} by {found.name}",
        about="Papers that work with the row (introduce, use or compare with it) and are linked to the column by "
        f"{found.links}. {len(found.rows)} x {len(found.columns)} of most papers.",
    )


def gaps(found: Matrix) -> Caption:
    """Return the caption of a matrix's gaps."""
    return Caption(
        title=f"Gaps: {found.name} without a paper in this graph",
        about="Empty cells whose neighbours are filled: papers expected by chance, times the share of like rows that "
        "have this column and of like columns that have this row. That no paper here has done it does not mean that "
        "nobody has.",
    )


def counted(landscape: Landscape) -> str:
    """Return what all was counted over."""
    return " ".join(map(_sentence, (f"{landscape.papers:,} papers", *landscape.notes)))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
