"""Helm room, schema documents: values.schema.json read with its identifiers, anchors and references.

In: the text of a schema. Out: Nodes - subschemas with a place, a draft and a base URL - or a SchemaFault
in the words of santhosh-tekuri/jsonschema v6, which Helm uses. Nothing is fetched: documents on the web
stand for "anything goes" and are remembered in `unfetched`; the specification's own metaschemas come with
the jsonschema library.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote as percent_quote
from urllib.parse import unquote, urljoin

from meshlint.gotemplate.quoting import quote
from meshlint.yamldoc.jsonread import read_json
from meshlint.yamldoc.jsontext import JsonError

ROOT_URL = "file:///values.schema.json"
LATEST = 2020
_DRAFTS = {
    "json-schema.org/schema": LATEST,
    "json-schema.org/draft/2020-12/schema": 2020,
    "json-schema.org/draft/2019-09/schema": 2019,
    "json-schema.org/draft-07/schema": 7,
    "json-schema.org/draft-06/schema": 6,
    "json-schema.org/draft-04/schema": 4,
}
META_URLS = {
    4: "http://json-schema.org/draft-04/schema",
    6: "http://json-schema.org/draft-06/schema",
    7: "http://json-schema.org/draft-07/schema",
    2019: "https://json-schema.org/draft/2019-09/schema",
    2020: "https://json-schema.org/draft/2020-12/schema",
}

# Keyword -> where its subschemas are: "one", "list", "map", "one or list"; and the first draft that knows it.
SUBSCHEMAS: dict[str, tuple[str, int]] = {
    "definitions": ("map", 4),
    "not": ("one", 4),
    "allOf": ("list", 4),
    "anyOf": ("list", 4),
    "oneOf": ("list", 4),
    "properties": ("map", 4),
    "additionalProperties": ("one", 4),
    "patternProperties": ("map", 4),
    "items": ("one or list", 4),
    "additionalItems": ("one", 4),
    "dependencies": ("map", 4),
    "propertyNames": ("one", 6),
    "contains": ("one", 6),
    "if": ("one", 7),
    "then": ("one", 7),
    "else": ("one", 7),
    "$defs": ("map", 2019),
    "dependentSchemas": ("map", 2019),
    "unevaluatedProperties": ("one", 2019),
    "unevaluatedItems": ("one", 2019),
    "contentSchema": ("one", 2019),
    "prefixItems": ("list", 2020),
}


class SchemaFault(Exception):
    """The schema itself is unusable; the text is the library's."""


class Literal(float):
    """A number of the schema with the digits it was written with."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Literal:
        number = super().__new__(cls, text)
        number.text = text
        return number


class Resource:
    """A schema with a base URL of its own."""

    __slots__ = ("anchors", "draft", "dynamic", "pointer", "url")

    def __init__(self, pointer: str, url: str, draft: int) -> None:
        self.pointer = pointer
        self.url = url
        self.draft = draft
        self.anchors: dict[str, str] = {}
        self.dynamic: set[str] = set()


class Node:
    """A subschema: the value at a JSON pointer of a document."""

    __slots__ = ("document", "pointer", "raw", "resource")

    def __init__(self, document: Document, pointer: str, raw: Any, resource: Resource) -> None:
        self.document = document
        self.pointer = pointer
        self.raw = raw
        self.resource = resource

    @property
    def draft(self) -> int:
        """The draft its keywords are read by: 4, 6, 7, 2019 or 2020."""
        return self.resource.draft

    def location(self) -> str:
        """The absolute place, as errors print it."""
        return f"{self.document.url}#{encoded(self.pointer)}"

    def child(self, *tokens: str | int) -> Node:
        """The subschema below."""
        return self.document.node(self.pointer + "".join(f"/{escape(str(token))}" for token in tokens))

    def resource_node(self) -> Node:
        """The schema that has the base URL."""
        return self.document.node(self.resource.pointer)


class Document:
    """One JSON document with the resources in it."""

    __slots__ = ("library", "nodes", "raw", "resources", "seen", "url")

    def __init__(self, library: Library, url: str, raw: Any) -> None:
        self.library = library
        self.url = url
        self.raw = raw
        self.resources: dict[str, Resource] = {}
        self.seen: set[str] = set()
        self.nodes: dict[str, Node] = {}
        self.survey(raw, url, "", LATEST)

    def survey(self, raw: Any, base: str, pointer: str, draft: int) -> None:
        """Collect identifiers and anchors of a subschema and everything below it."""
        if pointer in self.seen:
            return
        self.seen.add(pointer)
        if isinstance(raw, dict):
            draft = self._own_draft(raw, pointer, draft)
            identifier = _identifier(raw, draft)
        else:
            identifier = ""
        if identifier:
            base = urljoin(base, identifier)
        if identifier or not pointer:
            self._add(Resource(pointer, base, draft))
        if not isinstance(raw, dict):
            return
        resource = next(found for found in self.resources.values() if found.url == base)
        self._anchors(raw, pointer, resource)
        for keyword, (shape, since) in SUBSCHEMAS.items():
            if keyword in raw and draft >= since:
                for tokens, below in subschemas(raw[keyword], shape):
                    path = "".join(f"/{escape(token)}" for token in (keyword, *tokens))
                    self.survey(below, base, pointer + path, resource.draft)

    def _own_draft(self, raw: dict[str, Any], pointer: str, draft: int) -> int:
        declared = raw.get("$schema")
        if not isinstance(declared, str):
            return draft
        own = self.library.draft_of(declared, draft)
        return own if not pointer or _identifier(raw, own) else draft

    def _add(self, resource: Resource) -> None:
        for known in self.resources.values():
            if known.url == resource.url:
                if known.pointer != resource.pointer:
                    places = f"{quote(resource.pointer)} and {quote(known.pointer)}"
                    raise SchemaFault(f"duplicate id {quote(resource.url)} in {quote(self.url)} at {places}")
                return
        self.resources[resource.pointer] = resource

    def _anchors(self, raw: dict[str, Any], pointer: str, resource: Resource) -> None:
        if resource.draft < 2019:
            if "$ref" not in raw:
                name = _text(raw, "id" if resource.draft == 4 else "$id").partition("#")[2]
                if name and not name.startswith("/"):
                    self._anchor(unquote(name), pointer, resource)
            return
        for keyword in ("$anchor", "$dynamicAnchor"):
            name = _text(raw, keyword)
            if name and (keyword == "$anchor" or resource.draft >= 2020):
                self._anchor(name, pointer, resource)
                if keyword == "$dynamicAnchor":
                    resource.dynamic.add(name)

    def _anchor(self, name: str, pointer: str, resource: Resource) -> None:
        known = resource.anchors.setdefault(name, pointer)
        if known != pointer:
            places = f"{quote(known)} and {quote(pointer)}"
            raise SchemaFault(f"duplicate anchor {quote(name)} in {quote(self.url)} at {places}")

    def resource_of(self, pointer: str) -> Resource:
        """The innermost resource around a pointer."""
        while pointer not in self.resources:
            pointer = pointer.rpartition("/")[0]
        return self.resources[pointer]

    def node(self, pointer: str) -> Node:
        """The subschema at a pointer. Raises SchemaFault."""
        node = self.nodes.get(pointer)
        if node is None:
            raw = self._look_up(pointer)
            if pointer not in self.seen:
                resource = self.resource_of(pointer)
                self.survey(raw, resource.url, pointer, resource.draft)
            node = self.nodes[pointer] = Node(self, pointer, raw, self.resource_of(pointer))
        return node

    def _look_up(self, pointer: str) -> Any:
        value = self.raw
        for token in pointer.split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and name in value:
                value = value[name]
            elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            else:
                raise SchemaFault(f'json-pointer in "{self.url}#{encoded(pointer)}" not found')
        return value

    def fragment(self, fragment: str, resource: Resource) -> Node:
        """The subschema a fragment names within a resource."""
        if fragment == "" or fragment.startswith("/"):
            return self.node(resource.pointer + fragment)
        if fragment not in resource.anchors:
            reference = f"{resource.url}#{encoded(fragment)}"
            raise SchemaFault(f"anchor in {quote(reference)} not found in schema {quote(self.url)}")
        return self.node(resource.anchors[fragment])


class Library:
    """The documents of one validation.

    unfetched  addresses of documents on the web that stand for "anything goes"
    """

    __slots__ = ("documents", "unfetched")

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.unfetched: list[str] = []

    def draft_of(self, declared: str, otherwise: int) -> int:
        """The draft a $schema names; `otherwise` for one that is not known here."""
        url, _, fragment = declared.partition("#")
        name = url.removeprefix("http://") if url.startswith("http://") else url.removeprefix("https://")
        if name in _DRAFTS and not fragment:
            return _DRAFTS[name]
        if url == ROOT_URL:
            raise SchemaFault(f"draft {quote(url)} is not supported")
        self.load(url)
        return otherwise

    def load(self, url: str) -> Document:
        """The document at a URL. Raises SchemaFault."""
        document = self.documents.get(url)
        if document is None:
            raw = metaschema(url) if "json-schema.org/" in url else None
            document = self.documents[url] = Document(self, url, self._foreign(url) if raw is None else raw)
        return document

    def _foreign(self, url: str) -> Any:
        scheme = url.partition(":")[0]
        if scheme in ("http", "https", "urn"):
            self.unfetched.append(url)
            return True
        if scheme == "file":
            path = unquote(url.removeprefix("file://"))
            raise SchemaFault(f"failing loading {quote(url)}: open {path}: no such file or directory")
        raise SchemaFault(f"failing loading {quote(url)}: no URLLoader registered for {quote(url)}")

    def resolve(self, node: Node, reference: str) -> Node:
        """The subschema a $ref leads to. Raises SchemaFault."""
        url, _, fragment = reference.partition("#")
        base = node.resource.url
        url = urljoin(base, url) if url else base
        fragment = unquote(fragment)
        document = node.document
        if url == document.url:
            return document.fragment(fragment, document.resource_of(""))
        for resource in document.resources.values():
            if resource.url == url:
                return document.fragment(fragment, resource)
        found = self.load(url)
        return found.fragment(fragment, found.resource_of(""))


def load_schema(text: str) -> tuple[Library, Node]:
    """The schema of a text and the library its references are resolved in. Raises SchemaFault."""
    library = Library()
    document = library.documents[ROOT_URL] = Document(library, ROOT_URL, read(text))
    return library, document.node("")


def read(text: str) -> Any:
    """The JSON value with numbers as Literals. Raises SchemaFault in the words of Go's decoder."""
    try:
        return json.loads(text, parse_int=Literal, parse_float=Literal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        pass
    try:
        read_json(text)
    except JsonError as fault:
        if "unexpected end" in fault.text:
            raise SchemaFault("unexpected EOF" if text.strip() else "EOF") from None
        after = "after top-level value" in fault.text
        raise SchemaFault("invalid character after top-level value" if after else fault.text) from None
    raise SchemaFault("unexpected EOF")


def _refuse(word: str) -> Any:
    raise ValueError(word)


def metaschema(url: str) -> Any:
    """A document of the JSON Schema specification, None if there is none of that address."""
    from jsonschema.validators import SPECIFICATIONS  # type: ignore[attr-defined]

    for address in (url, url + "#"):
        found = SPECIFICATIONS.get(address)
        if found is not None:
            return json.loads(json.dumps(found.contents), parse_int=Literal, parse_float=Literal)
    return None


def subschemas(value: Any, shape: str) -> list[tuple[tuple[str, ...], Any]]:
    """(pointer tokens, subschema) of a keyword's value."""
    if isinstance(value, dict) and shape == "map":
        return [((name,), below) for name, below in value.items()]
    if isinstance(value, list) and "list" in shape:
        return [((str(number),), below) for number, below in enumerate(value)]
    return [((), value)] if "one" in shape and not isinstance(value, list) else []


def _identifier(raw: dict[str, Any], draft: int) -> str:
    if draft < 2019 and "$ref" in raw:
        return ""
    return _text(raw, "id" if draft == 4 else "$id").partition("#")[0]


def _text(raw: dict[str, Any], keyword: str) -> str:
    value = raw.get(keyword)
    return value if isinstance(value, str) else ""


def escape(token: str) -> str:
    """A token of a JSON pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def encoded(pointer: str) -> str:
    """A pointer as part of a URL, as Go's PathEscape writes it between the slashes."""
    return percent_quote(pointer, safe="/$&+=:@")
