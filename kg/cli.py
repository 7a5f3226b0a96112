"""The command line: arguments in, one function a verb, exit code out.

Data goes to standard output, words and progress to standard error. Exit codes: 0 fine, 1 a `KGError` in one plain
line, 2 usage, 130 interrupted. Imports are made inside the verbs, so that `kg --help` stays instant.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kg import collector
from kg.model import KGError
from kg.terminal import ask, count, out, progress, say, say_decisions, say_skipped, summary

app = typer.Typer(
    name="kg",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_INTERRUPTED = 130  # what typer makes of Ctrl-C
_Graph = Annotated[Path, typer.Argument(metavar="GRAPH.kg", help="A graph file made by kg build.")]
_Decisions = Annotated[
    Path | None,
    typer.Option("--decisions", metavar="FILE", help="Your corrections (default: decisions.yaml beside the graph)."),
]


def _version(wanted: bool) -> None:
    if wanted:
        from kg import __version__

        out(f"kg {__version__}")
        raise typer.Exit


@app.callback()
def kg(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Build a map of machine-learning research from paper listings: offline, and every edge shows its quote."""
    del debug, version  # main() and _version() act on them


@app.command()
def build(
    sources: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Files, folders or '-'.")] = None,
    *,
    output: Annotated[str, typer.Option("-o", "--output", metavar="GRAPH.kg", help="The graph file to write.")],
    format: Annotated[str | None, typer.Option("--format", help="The sources' format (default: by content).")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes (default: all cores).")] = None,
    decisions: _Decisions = None,
    engine: Annotated[str, typer.Option("--engine", help="local, or spark: GRAPH.kg is then a folder.")] = "local",
) -> None:
    """Build a graph, or update one: only what changed is read.

    Without SOURCE, the bundled seeds.
    """
    from kg.engines import ENGINES

    chosen = ENGINES.get(engine)
    with progress("reading papers", "putting the graph together") as seen:
        report = chosen.build(output, sources or [], format=format, workers=workers, progress=seen, own=decisions)
    say(f"read {count(report.read, 'record')}; papers: {report.extracted} new or changed, {report.reused} as before")
    say_skipped(report.skipped)
    for line in summary(report.nodes, report.edges, report.derived):
        say(line)
    say_decisions(report)
    say(f"wrote {output}; next: {chosen.following.format(output=output)}")


@app.command()
def extract(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Files, folders, patterns or '-'.")],
    *,
    output: Annotated[str, typer.Option("-o", "--output", metavar="OUT.jsonl", help="'-' is standard output.")] = "-",
    format: Annotated[str | None, typer.Option("--format", help="The sources' format (default: by content).")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes (default: all cores).")] = None,
) -> None:
    """Say what each paper says, one JSON object a line.

    No graph is built.
    """
    from kg import files, pipeline, scoring

    found = pipeline.reading(sources, format=format)
    with progress("reading papers") as seen:
        lines = [scoring.line(e) for e in pipeline.extract(found.papers, workers=workers, progress=seen)]
    files.write_bytes(output, b"".join(lines))
    for note in found.notes:
        say(note)
    say_skipped(found.skipped)
    say(f"{count(len(lines), 'paper')} extracted")


@app.command()
def export(
    graph: _Graph,
    target: Annotated[str, typer.Argument(metavar="OUT", help="The file to write; '-' is standard output.")],
    *,
    format: Annotated[str | None, typer.Option("--format", help="Default: by the suffix of OUT.")] = None,
    profile: Annotated[
        str | None,
        typer.Option("--profile", help="RDF in one vocabulary: schema, mldcat-ap, lpwc, skos; or full."),
    ] = None,
) -> None:
    """Write the graph for other tools: RDF, GraphML, CSV and others.

    The others: GEXF, Cytoscape, Parquet, Neo4j, KGX, Obsidian.
    """
    from kg import exporters, store
    from kg.store import stored

    exporters.exporter(target, format=format, profile=profile)
    if exporters.reads(target, format=format):
        with stored.view(graph) as seen:
            exporters.export(seen, target, format=format, profile=profile)
    else:
        exporters.export(store.load(graph), target, format=format, profile=profile)
    if target != "-":
        say(f"wrote {target}")


@app.command()
def draw(
    graph: _Graph,
    target: Annotated[str, typer.Argument(metavar="OUT.html", help="The page to write; '-' is standard output.")],
    *,
    around: Annotated[str | None, typer.Option("--around", metavar="NAME", help="Only what is near this node.")] = None,
    hops: Annotated[int, typer.Option("--hops", min=1, max=5, help="How near.")] = 1,
    renderer: Annotated[str, typer.Option("--renderer", help="canvas, or pyvis (small).")] = "canvas",
) -> None:
    """Draw the graph as one HTML page, interactive and offline."""
    from kg import explorer, files, store

    files.write_bytes(target, explorer.draw(store.load(graph), around=around, hops=hops, renderer=renderer).encode())
    if target != "-":
        say(f"wrote {target}; open it in a browser")


@app.command()
def landscape(
    graph: _Graph,
    *,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="OUT", help="A .png, .svg, .html, .json, .csv or .md file.")
    ] = "-",
    format: Annotated[str | None, typer.Option("--format", help="Default: by the suffix of OUT; else table.")] = None,
    view: Annotated[str, typer.Option("--view", help="ranking, rising, pairs, benchmarks, hardware; or all.")] = "all",
    types: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", help="What is ranked (default: techniques); repeatable."),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="Rows of each table.")] = 20,
    since: Annotated[
        int | None, typer.Option("--since", metavar="YEAR", help="Only papers since then; what is rising since then.")
    ] = None,
    families: Annotated[bool, typer.Option("--families", help="Count variants and kinds for their family.")] = False,
) -> None:
    """Show what is used most, rising, used together, and missing.

    What was tried on which benchmarks and hardware shows where gaps are.
    """
    from kg import files, store
    from kg import landscape as landscapes

    loaded = store.load(graph)
    render = landscapes.renderer(loaded.ontology, output, format=format, view=view)
    found = landscapes.landscape(loaded, types=types or (), top=top, since=since, families=families)
    files.write_bytes(output, render(loaded, found, view))
    if output != "-":
        say(f"wrote {output}")


@app.command()
def query(
    graph: _Graph,
    question: Annotated[str | None, typer.Argument(help='For example: "techniques evaluated-on GSM8K".')] = None,
    *,
    sparql: Annotated[str | None, typer.Option("--sparql", metavar="TEXT|@FILE", help="A SPARQL 1.1 query.")] = None,
    format: Annotated[str, typer.Option("--format", help="table, csv, json or md.")] = "table",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many rows.")] = 50,
    evidence: Annotated[bool, typer.Option("--evidence", help="Under each row, the sentences it rests on.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the question as SPARQL (same rows, any endpoint) instead of rows.")
    ] = False,
) -> None:
    """Ask the graph a question in words, or in SPARQL.

    \b
    Questions are made of the words of ontology/ and the names of the graph:
      techniques evaluated-on GSM8K since 2024
      papers that use LoRA or QLoRA but not evaluated-on MMLU
      papers introducing a Benchmark for "code generation"
      hardware targeted by quantization or below     with all its variants and kinds
      baselines of PiSSA                             what it is compared with
      top 5 benchmarks, models sorted by year        sort by support, confidence, name or year
      how many papers use MoE, ... per year          counts
      what do LoRA and DPO share                       what is linked to both
      path from LoRA to FPGA                         the shortest ways
    support counts the papers behind a row; confidence is that of its weakest part. Quotes force a name.
    """  # noqa: D301 - a real backspace keeps the lines
    from kg import queries
    from kg.store import stored

    if (question is None) == (sparql is None):
        raise typer.BadParameter('give a QUESTION such as "models that use LoRA", or --sparql')
    if format not in queries.FORMATS:
        raise typer.BadParameter("--format is one of " + ", ".join(queries.FORMATS))
    if sparql is not None and (evidence or explain):
        raise typer.BadParameter("--evidence and --explain go with a QUESTION, not with --sparql")
    with stored.view(graph) as seen, collector.paused():
        if sparql is not None:
            answer = queries.sparql(seen, _text_or_file(sparql), max_rows=limit, tell=say)
        else:
            answer = queries.answer(seen, question or "", limit=limit, edges=evidence)
        answer = queries.proven(seen, answer) if evidence else answer
    out(answer.sparql if explain else queries.format_answer(answer, format))
    if answer.note:
        say(answer.note)


@app.command()
def why(
    graph: _Graph,
    name: Annotated[str, typer.Argument(help="A node: its name, alias or id.")],
    relation: Annotated[str | None, typer.Argument(help="A relation, for example uses.")] = None,
    other: Annotated[str | None, typer.Argument(metavar="NAME", help="The node at the other end.")] = None,
    *,
    refused: Annotated[bool, typer.Option("--not", help="Show what was refused, and why.")] = False,
) -> None:
    """Show the sentences, rules and votes behind a node or an edge."""
    from kg import queries
    from kg.store import stored

    with stored.view(graph) as seen:
        explanation = (queries.why_not if refused else queries.why)(seen, name, relation, other)
        out(queries.format_explanation(explanation))


@app.command()
def stats(graph: _Graph) -> None:
    """Count nodes by type and edges by relation; list the most named."""
    from kg.store import stored
    from kg.view.loaded import sets

    with stored.view(graph) as seen:
        for line in summary(*seen.counts(), sets(seen).derived(), ontology=seen.ontology):
            out(line)
        document = seen.ontology.type_as("document").name
        for node_type in seen.ontology.types:
            if node_type.name != document:
                nodes = (seen.by_id[i] for i in sets(seen).best((node_type.name,), 10))
                best = (f"{node.name} ({node.support})" for node in nodes)
                out(f"top {node_type.plural}: " + ", ".join(best))


@app.command()
def remove(
    graph: _Graph,
    papers: Annotated[list[str], typer.Argument(metavar="PAPER...", help="Ids or exact titles.")],
    *,
    decisions: _Decisions = None,
) -> None:
    """Take papers out again, as if they had never been read."""
    from kg import pipeline

    report = pipeline.remove(graph, papers, own=decisions)
    for line in summary(report.nodes, report.edges, report.derived):
        say(line)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD.kg", help="A graph file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW.kg", help="The graph file that it is compared with.")],
    *,
    format: Annotated[str, typer.Option("--format", help="text, json or rdf-patch.")] = "text",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many lines of each kind in text.")] = 40,
) -> None:
    """Show what appeared, vanished or changed between two graphs.

    Papers, nodes, edges and merges: + appeared, - vanished, ~ changed.
    """
    from kg import diff as differences
    from kg import files, store

    if format not in differences.FORMATS:
        raise typer.BadParameter("--format is one of " + ", ".join(differences.FORMATS))
    before, after = store.load(old), store.load(new)
    if format == "json":
        files.write_bytes("-", differences.to_json(differences.diff(before, after)))
    elif format == "rdf-patch":
        files.write_bytes("-", differences.rdf_patch(before, after))
    else:
        out(differences.to_text(before, after, limit=limit))


@app.command()
def review(
    graph: _Graph,
    *,
    answers: Annotated[Path | None, typer.Option("--answers", metavar="FILE", help="'ID y|n|skip' lines.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Show the questions and ask nothing.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many questions.")] = 20,
    format: Annotated[str, typer.Option("--format", help="text or json, with --list.")] = "text",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides, for the record.")] = "",
    decisions: _Decisions = None,
) -> None:
    """Ask about uncertain edges and suspected duplicates.

    What is most worth a minute comes first. Answers go to decisions.yaml and the graph.
    """
    from kg import pipeline, review, store

    if format not in ("text", "json"):
        raise typer.BadParameter("--format is text or json")
    loaded = store.load(graph)
    target = decisions or pipeline.own_decisions(graph)
    asked = review.questions(loaded, review.decided(target, loaded.ontology))
    if listed:
        shown = asked[:limit]
        texts = (review.to_text(question, loaded) for question in shown)
        out(review.to_json(shown, loaded) if format == "json" else "\n".join(texts))
        say(f"{len(shown)} of {count(len(asked), 'question')}; answer with: kg review {graph}")
        return
    if answers is None and not sys.stdin.isatty():
        raise KGError("no terminal to ask on", hint="use --list, then --answers FILE")
    if answers is not None:
        made = review.record(target, review.answers(answers, asked, by=by), loaded.ontology)
    else:
        made = sum(review.record(target, (d,), loaded.ontology) for d in ask(asked[:limit], loaded, by=by))
    if made:
        pipeline.redecide(graph, own=decisions)
        say(f"{count(made, 'decision')} written to {target}; {graph} follows them, and so does every kg build")


@app.command()
def score(
    predicted: Annotated[Path, typer.Argument(metavar="PREDICTED.jsonl", help="Made by kg extract.")],
    gold: Annotated[Path, typer.Argument(metavar="GOLD.jsonl", help="Annotated by the guide.")],
    *,
    errors: Annotated[
        int, typer.Option("--errors", min=0, metavar="N", help="Also list N mistakes of each kind, tabs between.")
    ] = 0,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Also show how often each confidence turned out right.")
    ] = False,
) -> None:
    """Compare extractions with gold: precision, recall, mistakes.

    Figures by type and relation with their confidence intervals, mistakes by kind.
    """
    from kg import ontology, scoring

    given, wanted = scoring.read(predicted), scoring.read(gold)
    for text in scoring.report(scoring.score(given, wanted, ontology=ontology.load()), examples=errors):
        out(text)
    if calibration:
        for text in ("", *scoring.calibration(scoring.sureness(given, wanted))):
            out(text)
    missing = sum(paper not in given for paper in wanted)
    if missing:
        say(f"{count(missing, 'paper')} of {gold} not in {predicted}: all that they hold counts as missed")


@app.command()
def serve(
    graph: _Graph,
    *,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")] = 8001,
    allow_hosts: Annotated[
        list[str] | None, typer.Option("--allow-host", metavar="NAME", help="A name we may be called by.")
    ] = None,
    cors: Annotated[
        list[str] | None, typer.Option("--cors", metavar="ORIGIN", help="A site that may read us; '*' is all.")
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds for one query.")] = 1.0,
    max_rows: Annotated[int, typer.Option("--max-rows", min=1, help="Rows of one answer.")] = 1000,
    concurrent: Annotated[int, typer.Option("--concurrent", min=1, help="Requests that may run at once.")] = 8,
) -> None:
    """Serve the graph over HTTP on this machine, read-only.

    SPARQL, pages and RDF of nodes, a JSON API, the explorer.
    """
    from kg import serve as serving
    from kg.queries import shelf
    from kg.store import stored

    with stored.served(graph) as seen:
        shelf.store_of(seen, say)
        serving.serve(
            seen,
            host=host,
            port=port,
            allow_hosts=tuple(allow_hosts or ()),
            origins=tuple(cors or ()),
            limits=serving.Limits(seconds=timeout, rows=max_rows, concurrent=concurrent),
            ready=lambda address: say(f"serving {graph} at {address} (SPARQL: {address}sparql); Ctrl-C ends it"),
        )


@app.command()
def mcp(graph: _Graph) -> None:
    """Give the graph to language models as read-only tools (MCP).

    The Model Context Protocol, over standard input and output.
    """
    from kg import mcp as tools
    from kg.queries import shelf
    from kg.store import stored

    with stored.served(graph) as seen:
        shelf.store_of(seen, say)
        tools.run(seen)


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(metavar="[FOLDER]", help="Holds ontology/ and seeds/.")] = None,
    *,
    write: Annotated[bool, typer.Option("--write", help="Make the generated files of ontology/ anew.")] = False,
) -> None:
    """Check ontology and seeds: what is inconsistent, stale or dead.

    One line for each problem.
    """
    from kg import checks

    problems = checks.problems(folder, write=write)
    for problem in problems:
        out(problem)
    if problems:
        raise KGError(count(len(problems), "problem") + " found", hint="generated files: kg check --write")
    say("ontology and seeds are consistent and up to date")


def main() -> None:
    """Run the command line; turn every expected failure into one line and an exit code."""
    debug = "--debug" in sys.argv
    try:
        app(standalone_mode=True)
    except KGError as error:
        if debug:
            raise
        say(f"kg: {error}")
        sys.exit(1)
    except SystemExit as leaving:
        if leaving.code == _INTERRUPTED:
            say("kg: interrupted; the graph is as it was, and a build goes on where this one stopped")
        raise


def _text_or_file(text: str) -> str:
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KGError(f"cannot read the query: {error}", where=text[1:]) from None
