from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kg import ontology
from kg.files import bundled
from kg.model import OntologyError

NAMES = {t.name for t in ontology.load().types} | {r.name for r in ontology.load().relations}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(bundled("ontology"), tmp_path / "ontology")
    return tmp_path / "ontology"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_bundled_ontology_has_the_types_and_relations_of_the_design() -> None:
    onto = ontology.load()
    assert [t.name for t in onto.types] == ["Paper", "Technique", "Model", "Benchmark", "Hardware", "Task"]
    relations = ["introduces", "evaluatedOn", "targets", "addresses", "uses", "comparesWith", "mentions"]
    assert [r.name for r in onto.relations] == [*relations, "variantOf", "broader", "partOf"]


def test_roles_lead_to_types_and_relations() -> None:
    onto = ontology.load()
    assert onto.type_as("document").plural == "papers"
    assert {t.plural for t in onto.types_as("artefact")} == {"techniques", "models"}
    assert onto.relation_as("result").label == "evaluated-on"
    assert onto.iri("schema:about") == "https://schema.org/about"


@pytest.mark.parametrize(
    ("relation", "source", "target", "allowed"),
    [
        ("evaluatedOn", "Paper", "Benchmark", True),
        ("evaluatedOn", "Paper", "Hardware", False),
        ("targets", "Technique", "Hardware", True),
        ("targets", "Benchmark", "Hardware", False),
        ("variantOf", "Model", "Model", True),
        ("variantOf", "Model", "Technique", False),
        ("introduces", "Technique", "Model", False),
        ("partOf", "Technique", "Model", True),
        ("partOf", "Model", "Benchmark", False),
    ],
)
def test_domains_and_ranges_decide_which_pairs_are_possible(
    relation: str, source: str, target: str, allowed: bool
) -> None:
    assert ontology.load().relation(relation).allows(source, target) is allowed


def test_alignments_are_those_of_the_object_type_and_of_all() -> None:
    uses = ontology.load().relation("uses")
    assert uses.aligned("Model") == ("lpwcp:hasModel", "schema:mentions")
    assert uses.aligned("Hardware") == ("schema:mentions",)


@pytest.mark.parametrize(
    ("name", "hint"), [("Papers", "one of Paper, Technique"), ("use", "one of introduces, evaluatedOn")]
)
def test_an_unknown_name_tells_the_choices(name: str, hint: str) -> None:
    onto = ontology.load()
    with pytest.raises(OntologyError, match=hint):
        onto.type(name) if name == "Papers" else onto.relation(name)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("nodes.yaml", "roles: [document]", "roles: [paper]", "unknown type or role 'document'"),
        ("nodes.yaml", "roles: [artefact, system]", "roles: [artefact]", "no node type has the role 'system'"),
        ("nodes.yaml", "roles: [artefact, system]", "roles: [artefact, system, x]", "Model: unknown role 'x'"),
        ("nodes.yaml", "  plural: papers\n", "", "nodes.yaml: Paper: 'plural' is missing"),
        ("nodes.yaml", "  plural: papers", "  plurals: papers\n  plural: papers", "unknown key 'plurals'"),
        ("nodes.yaml", "roles: [document]", "roles: document", "'roles' must be a list of words"),
        ("nodes.yaml", '"#0072B2"', '"blue"', "Technique: 'blue' is no colour"),
        ("nodes.yaml", "schema:ScholarlyArticle", "schem:ScholarlyArticle", "unknown prefix 'schem'"),
        ("nodes.yaml", "Paper:\n", "Paper: [\n", r"nodes.yaml:\d+: invalid YAML"),
        ("relations.yaml", "role: result", "role: means", "0 relations have the role 'result'"),
        ("relations.yaml", "range: [Benchmark]", "range: [Dataset]", "unknown type or role 'Dataset'"),
        ("prefixes.yaml", "kg: ", "- kg: ", "invalid YAML|expected a mapping"),
    ],
)
def test_an_inconsistent_ontology_is_one_line_with_its_place(
    folder: Path, file: str, old: str, new: str, message: str
) -> None:
    edit(folder / file, old, new)
    with pytest.raises(OntologyError, match=message):
        ontology.load(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: &x [1]\nb: *x\n", "aliases are not allowed"),
        (b"- 1\n", "expected a mapping"),
        (b"\xff\xfe\x00", "invalid YAML"),
        (b"a: " + b"[" * 5000, "nested too deeply"),
        (b"a: " + b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b"a: !!python/object/apply:os.system [ls]\n", "invalid YAML"),
        (b"#" * 1_000_001, "larger than"),
        (b"Paper: 3\n", "expected a mapping"),
    ],
)
def test_hostile_yaml_is_refused(folder: Path, content: bytes, message: str) -> None:
    (folder / "nodes.yaml").write_bytes(content)
    with pytest.raises(OntologyError, match=message):
        ontology.load(folder)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="cannot read"):
        ontology.load(tmp_path)


def test_python_names_no_type_and_no_relation() -> None:
    import ast

    package = Path(ontology.__file__).parent
    found = [
        f"{path.relative_to(package)}:{node.lineno}: {node.value}"
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NAMES - _exempt()
    ]
    assert found == []


def _exempt() -> set[str]:
    """A public name of the package and a column of the seed files that happen to be names of the ontology too."""
    return {"Paper", "broader"}
