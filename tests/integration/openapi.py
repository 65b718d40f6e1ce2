# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""www/openapi.json as tests use it: which route a request is for, whether an
answer is one that the document describes, what was seen of it, and whether the
responders' tables have the same routes.  Python's own library only; of JSON
Schema what the document uses."""

import collections
import glob
import json
import os
import re
import urllib.parse

from harness import TOP, Failed

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and
    not isinstance(v, bool)}
KNOWN = {"type", "properties", "required", "additionalProperties", "items",
         "enum", "const", "pattern", "anyOf", "oneOf", "allOf", "minimum",
         "maximum", "minLength", "maxLength", "minItems", "maxItems", "$ref",
         "description", "format"}


class Route:
    """A method, lower case, a path with {names}, and what is said of it."""

    def __init__(self, method, path, op):
        self.method, self.path, self.op = method, path, op


def same(a, b):
    """Equal as JSON has it: true is not 1."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


class Document:
    """The description, and what was seen of it."""

    def __init__(self, path=None):
        with open(path or os.path.join(TOP, "www", "openapi.json")) as f:
            self.json = json.load(f)
        self.seen = collections.defaultdict(collections.Counter)
        self.all = [Route(method, path, op)
                    for path, item in self.json["paths"].items()
                    for method, op in item.items() if method in METHODS]
        self.by_words = sorted(self.all, key=lambda r: r.path.count("{"))

    # -- finding

    def get(self, ref):
        """What a $ref leads to."""
        at = self.json
        for name in ref.split("/")[1:]:
            at = at[name]
        return at

    def route(self, method, path):
        """The route of a request behind the prefix; None: there is none."""
        wanted = method.lower()
        for name in (wanted, "get" if wanted == "head" else wanted):
            for route in self.by_words:
                if route.method == name and fits(route.path, path):
                    return route
        return None

    def response(self, route, status):
        """What it says of an answer; None: nothing."""
        of = route.op["responses"]
        found = of.get(str(status))
        if found is None and status >= 500:
            found = of.get("default")
        if found and "$ref" in found:
            found = self.get(found["$ref"])
        return found

    # -- holding answers against it

    def check(self, method, path, status, headers, body):
        """Fail unless this answer is described; note that it was seen."""
        route = self.route(method, path)
        if route is None:
            raise Failed("%s %s is not in openapi.json" % (method, path))
        what = "%s %s: %d" % (method, route.path, status)
        said = self.response(route, status)
        if said is None:
            raise Failed("%s is not described: %r" % (what, body[:300]))
        self.seen[route.method, route.path][status] += 1
        for name, header in said.get("headers", {}).items():
            self.check_header(what, name, header, headers.get(name))
        if method.upper() == "HEAD":
            if body:
                raise Failed("%s: HEAD has a body" % what)
            return
        self.check_content(what, said, headers, body)

    def check_header(self, what, name, header, value):
        if value is None:
            if header.get("required"):
                raise Failed("%s has no %s" % (what, name))
            return
        schema = self.follow(header["schema"])
        if schema.get("type") == "integer":
            value = int(value) if re.fullmatch("-?[0-9]+", value) else value
        wrong = self.errors(schema, value, name)
        if wrong:
            raise Failed("%s: header %s" % (what, wrong[0]))

    def check_content(self, what, said, headers, body):
        content = said.get("content")
        if content is None:
            if body:
                raise Failed("%s has a body: %r" % (what, body[:300]))
            return
        kind = (headers.get("Content-Type") or "").split(";")[0]
        if kind not in content:
            raise Failed("%s is of type %r: %r" % (what, kind, body[:300]))
        if kind != "application/json":
            return
        try:
            value = json.loads(body.decode("utf-8"))
        except ValueError as e:
            raise Failed("%s is no JSON (%s): %r" % (what, e, body[:300]))
        wrong = self.errors(content[kind]["schema"], value)
        if wrong:
            raise Failed("%s: %s in %r" % (what, "; ".join(wrong[:3]),
                                           body[:600]))

    # -- JSON Schema

    def follow(self, schema):
        while "$ref" in schema:
            schema = self.get(schema["$ref"])
        return schema

    def errors(self, schema, value, at="it"):
        """What is wrong with a value, as sentences."""
        schema = self.follow(schema)
        odd = set(schema) - KNOWN
        if odd:
            raise Failed("openapi.json uses %s" % sorted(odd))
        found = wrong_type(schema, value, at) or wrong_value(
            schema, value, at)
        if found:
            return found
        for one in schema.get("allOf", ()):
            found += self.errors(one, value, at)
        found += self.wrong_choice(schema, value, at)
        if isinstance(value, dict):
            found += self.wrong_members(schema, value, at)
        if isinstance(value, list) and "items" in schema:
            for n, one in enumerate(value):
                found += self.errors(schema["items"], one,
                                     "%s[%d]" % (at, n))
        return found

    def wrong_choice(self, schema, value, at):
        for word in ("anyOf", "oneOf"):
            if word not in schema:
                continue
            each = [self.errors(s, value, at) for s in schema[word]]
            hits = sum(not e for e in each)
            if hits == 0:
                return ["%s fits no choice: %s" % (
                    at, " / ".join(e[0] for e in each))]
            if word == "oneOf" and hits > 1:
                return ["%s fits %d choices" % (at, hits)]
        return []

    def wrong_members(self, schema, value, at):
        found = ["%s has no %s" % (at, name)
                 for name in schema.get("required", ()) if name not in value]
        members = schema.get("properties", {})
        rest = schema.get("additionalProperties", True)
        for name, one in value.items():
            where = "%s.%s" % (at, name)
            if name in members:
                found += self.errors(members[name], one, where)
            elif rest is False:
                found.append("%s is not described" % where)
            elif isinstance(rest, dict):
                found += self.errors(rest, one, where)
        return found

    # -- what was seen

    def never_answered(self):
        """Routes that no test had a 2xx of."""
        return ["%s %s" % (r.method.upper(), r.path) for r in self.all
                if not any(200 <= s < 300
                           for s in self.seen[r.method, r.path])]

    def least_answered(self, times):
        """Routes with fewer 2xx than that, and how many."""
        few = {}
        for r in self.all:
            n = sum(c for s, c in self.seen[r.method, r.path].items()
                    if 200 <= s < 300)
            if n < times:
                few["%s %s" % (r.method.upper(), r.path)] = n
        return few


def fits(template, path):
    pattern = "/".join("[^/]+" if word.startswith("{") else re.escape(word)
                       for word in template.split("/"))
    return re.fullmatch(pattern, urllib.parse.urlsplit(path).path)


def wrong_type(schema, value, at):
    wanted = schema.get("type", ())
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if wanted and not any(TYPES[t](value) for t in wanted):
        return ["%s is %.80r, not %s" % (at, value, " or ".join(wanted))]
    return []


def wrong_value(schema, value, at):
    if "const" in schema and not same(schema["const"], value):
        return ["%s is %.80r, not %r" % (at, value, schema["const"])]
    if "enum" in schema and not any(same(e, value) for e in schema["enum"]):
        return ["%s is %.80r, none of %r" % (at, value, schema["enum"])]
    size = len(value) if isinstance(value, (str, list)) else value
    few, many = (("minLength", "maxLength") if isinstance(value, str) else
                 ("minItems", "maxItems") if isinstance(value, list) else
                 ("minimum", "maximum"))
    if few in schema and size is not None and size < schema[few]:
        return ["%s is %.80r: %s %s" % (at, value, few, schema[few])]
    if many in schema and size is not None and size > schema[many]:
        return ["%s is %.80r: %s %s" % (at, value, many, schema[many])]
    if "pattern" in schema and isinstance(value, str) and \
            not re.search(schema["pattern"], value):
        return ["%s is %.80r, not %s" % (at, value, schema["pattern"])]
    return []


# ---- the responders' tables -----------------------------------------------

ROW = re.compile(r'\{\s*"([A-Z]+)",\s*"(/[^"]*)",\s*(NEED_[A-Z]+),\s*'
                 r'([a-z]\w*)\s*,?\s*\}')


def rows():
    """(method, path with {}) -> NEED_..., of the tables in src/respond."""
    found = {}
    for path in glob.glob(os.path.join(TOP, "src", "respond", "*.c")):
        with open(path) as f:
            for method, where, need, _ in ROW.findall(f.read()):
                found[method, where] = need
    return found


def described(document):
    """The same, of the document; HEAD goes where GET does."""
    return {(r.method.upper().replace("HEAD", "GET"),
             re.sub(r"\{\w+\}", "{}", r.path)):
            "NEED_" + r.op["x-need"].upper() for r in document.all}
