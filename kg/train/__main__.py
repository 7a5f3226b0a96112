"""Annotated papers -> weights.

    python -m kg.train GOLD... [--extra MORE...] [--corpus PAPERS] [--cv [--keep FOLDER]]

GOLD and MORE name pairs of files, `X-papers.jsonl:X-entities.jsonl`; PAPERS is a file of papers without annotations,
from which word clusters come. MORE always helps to fit and is never scored; what proposes phrases is taught by MORE
alone, so that what is left out of GOLD is left out of everything. `--cv` writes nothing: it splits the papers of GOLD
into five, fits everything that GOLD teaches anew without each fifth, and prints what `kg score` tells; FOLDER then gets
`predicted.jsonl` and `gold.jsonl`, for `kg score --errors`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kg import files, lexicon, ontology, recognise, relate, train
from kg.recognise.known import Matcher
from kg.recognise.windows import Clusters
from kg.train.examples import texts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m kg.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gold", nargs="+", metavar="PAPERS:ENTITIES")
    parser.add_argument("--extra", nargs="*", default=[], metavar="PAPERS:ENTITIES")
    parser.add_argument("--corpus", type=Path, metavar="PAPERS")
    parser.add_argument("--cv", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args(arguments)
    onto = ontology.load()
    names = Matcher(lexicon.load(ontology=onto))
    gold = [row for pair in options.gold for row in train.read(pair)]
    extra = [row for pair in options.extra for row in train.read(pair, extra=True)]
    clusters = train.clusters_of(texts(options.corpus)) if options.corpus else Clusters(fine={}, coarse=())
    windows = train.fit_windows(extra, clusters)
    # Windows proposed on the papers that taught them would look better than they are: each half gets the other's.
    halves = [train.fit_windows(extra[k::2], clusters) for k in range(2)] if extra else []
    examples = [train.prepare(row, names, onto, windows) for row in gold]
    further = [train.prepare(row, names, onto, halves[1 - n % 2]) for n, row in enumerate(extra)]
    if options.cv:
        said = train.cross_validate(examples, further, windows, onto)
        sys.stdout.write("\n".join(train.report(examples, said, onto)) + "\n")
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            for name, rows in (("predicted", said), ("gold", {e.key: e.gold for e in examples})):
                lines = [msgspec.json.encode({"id": key, "entities": rows[key]}) + b"\n" for key in sorted(rows)]
                files.write_bytes(options.keep / f"{name}.jsonl", b"".join(lines))
        return 0
    fitted = train.fit_both([*examples, *further], windows, onto)
    for part, weights in ((recognise, fitted.entity), (relate, fitted.relation)):
        target = Path(part.__file__ or "").with_name("weights.json")
        files.write_bytes(target, msgspec.json.encode(weights) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
