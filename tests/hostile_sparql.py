"""Queries that never end, queries that want to leave the graph, data that other readers would follow, and a canary."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# three hundred triples: small to load, and its cubes and paths never end
DENSE = "".join(f"<x:{i % 40}> <x:p{i % 3}> <x:{(i * 7) % 43}> .\n" for i in range(300))
PATTERN = "{ ?a ?b ?c }"
SERVICE = f"SERVICE <http://127.0.0.1:PORT/> {PATTERN}"

REFUSED = {
    "service": f"SELECT * {{ {SERVICE} }}",
    "service, silent": f"SELECT * {{ {SERVICE.replace('SERVICE', 'SERVICE SILENT')} }}",
    "service in optional": f"SELECT * {{ ?s ?p ?o OPTIONAL {{ {SERVICE} }} }}",
    "service in union": f"SELECT * {{ {PATTERN} UNION {{ {SERVICE} }} }}",
    "service in a subselect": f"SELECT * {{ {{ SELECT * {{ {SERVICE} }} }} }}",
    "service in not exists": f"SELECT * {{ ?s ?p ?o FILTER NOT EXISTS {{ {SERVICE} }} }}",
    "service in exists of a bind": f"SELECT * {{ BIND(EXISTS {{ {SERVICE} }} AS ?x) }}",
    "service in minus": f"ASK {{ ?s ?p ?o MINUS {{ {SERVICE} }} }}",
    "service in construct": f"CONSTRUCT {{ ?a ?b ?c }} WHERE {{ {SERVICE} }}",
    "service by a variable": f"SELECT * {{ VALUES ?v {{ <http://127.0.0.1:PORT/> }} SERVICE ?v {PATTERN} }}",
    "service in small letters": f"SELECT * {{ {SERVICE.lower().replace('port', 'PORT')} }}",
    "service by escapes": f"SELECT * {{ {SERVICE.replace('S', chr(92) + 'u0053', 1)} }}",
    "service behind an escaped line end": f'SELECT * {{ # \\u000A """ \n {SERVICE} # \\u000A """ \n }}',
    "service after an iri with a hash": f"PREFIX x: <x:y#> SELECT * {{ {SERVICE} }}",
    "service without spaces": "SELECT*{SERVICE<http://127.0.0.1:PORT/>{?a?b?c}}",
    "from": f"SELECT * FROM <http://127.0.0.1:PORT/> WHERE {PATTERN}",
    "from a file": f"SELECT * FROM <file:///etc/hostname> WHERE {PATTERN}",
    "from named": f"SELECT * FROM NAMED <http://127.0.0.1:PORT/> {{ GRAPH ?g {PATTERN} }}",
    "describe from": "DESCRIBE ?s FROM <http://127.0.0.1:PORT/> WHERE { ?s ?p ?o }",
    "load": "LOAD <http://127.0.0.1:PORT/>",
    "load a file": "LOAD SILENT <file:///etc/hostname> INTO GRAPH <x:g>",
    "insert data": "INSERT DATA { <x:a> <x:b> <x:c> }",
    "insert where": "INSERT { ?a ?b ?c } WHERE { ?a ?b ?c }",
    "insert of a subselect": "PREFIX x: <x:> INSERT { ?a x:select 1 } WHERE { SELECT ?a { ?a ?b ?c } }",
    "delete data": "DELETE DATA { <x:a> <x:b> <x:c> }",
    "delete where": "DELETE WHERE { ?a ?b ?c }",
    "clear": "CLEAR ALL",
    "drop": "PREFIX x: <x:> DROP GRAPH x:g",
    "two updates": "CREATE GRAPH <x:g> ; MOVE <x:a> TO <x:b>",
}

HOSTILE = {
    "cross product": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?a",
    "counted cross product": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
    "distinct cross product": "SELECT DISTINCT ?z { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l BIND(1 AS ?z) }",
    "path": "SELECT (COUNT(*) AS ?n) { ?a (!<x:n>|^!<x:n>)* ?b . ?b (!<x:n>|^!<x:n>)* ?c . ?c (!<x:n>)* ?d }",
    "optional": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c OPTIONAL { ?d ?e ?f OPTIONAL { ?g ?h ?i OPTIONAL {?j ?k ?l}}}}",
    "filter": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(CONCAT(STR(?a),STR(?g),STR(?l)) = '') }",
    "regex": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(REGEX(CONCAT(STR(?a),STR(?d),STR(?i)),'(.*)*q'))}",
    "product of three, sorted": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY DESC(?i) ?f",
    "product of three, grouped": "SELECT ?a (SAMPLE(?i) AS ?x) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } GROUP BY ?a ?d ?g",
    "path of two predicates": "SELECT (COUNT(*) AS ?n) {?a (<x:p0>|^<x:p1>)* ?b . ?c (<x:p2>|^<x:p0>)* ?d . ?e ?f ?g}",
    "path of paths": "SELECT (COUNT(*) AS ?n) { ?a ((<x:p0>*)/(^<x:p1>*)/(<x:p2>*))* ?b . ?c ?d ?e . ?f ?g ?h }",
    "nested optional": "SELECT (COUNT(*) AS ?n) { "
    + "OPTIONAL { ?a ?b ?c . ?d ?e ?f " * 8
    + "}" * 8
    + " ?g ?h ?i . ?j ?k ?l }",
    "huge values": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . VALUES ?z { " + "1 " * 60_000 + "} }",
    "ten million letters": "SELECT (COUNT(?z) AS ?n) { ?a ?b ?c . ?d ?e ?f BIND(MD5(CONCAT("
    + ",".join([f"'{'a' * 100_000}'"] * 100)
    + ",STR(?a))) AS ?z) }",
    "growing literals": "SELECT * { VALUES ?s { '" + "a" * 5000 + "' } ?a ?b ?c . ?d ?e ?f "
    "BIND(REPLACE(?s, 'a', ?s) AS ?t) FILTER(STRLEN(SHA512(CONCAT(?t, STR(?d)))) = 1) }",
    "regex on many": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i "
    "FILTER(REGEX(CONCAT(STR(?a),STR(?f),STR(?i)),'^(([a-z])+.)+!$')) }",
    "exists in exists": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER NOT EXISTS { ?g ?h ?i . ?j ?k ?l "
    "FILTER(?g = ?a && ?j = ?d) FILTER NOT EXISTS { ?m ?n1 ?o . ?p ?q ?r FILTER(?m != ?p) } } }",
    "concatenated groups": "SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?i))) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "union of products": "SELECT (COUNT(*) AS ?n) { "
    + " UNION ".join(["{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"] * 20)
    + " }",
    "minus": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . MINUS { ?a ?b ?q . ?r ?s ?t . ?u ?v ?w } }",
}

# what a reader of another format would follow; SERVICE, FROM and LOAD are above
INERT = {
    "json-ld context": "<x:a> <https://www.w3.org/ns/json-ld#context> <http://127.0.0.1:PORT/> .\n",
    "xml entity": '<x:a> <x:b> "<!DOCTYPE a [<!ENTITY e SYSTEM \\"http://127.0.0.1:PORT/\\">]><a>&e;</a>"'
    "^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral> .\n",
    "owl imports": "<x:a> <http://www.w3.org/2002/07/owl#imports> <http://127.0.0.1:PORT/> .\n"
    "<x:a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#Ontology> .\n",
}


@contextmanager
def canary() -> Iterator[tuple[int, list[object]]]:
    """A server that remembers who called."""
    calls: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    connection, caller = server.accept()
                except TimeoutError:
                    continue
                calls.append(caller)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield server.getsockname()[1], calls
        finally:
            over.set()
            thread.join()
