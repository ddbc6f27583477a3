#!/usr/bin/env python3
"""Checks recorded exchanges against the official protobuf description of the API.

official.py EXCHANGES DIFFERENCES SOURCES

EXCHANGES has one JSON object a line: operation (the name of our operation, or "" for a request that a test wrote by
hand), method, target (path and query), request (the body as text), status and response (the body as text; both null if
only the request is known). DIFFERENCES is a JSON list of known differences, each with a reason. Fails if a difference is
not listed, if a listed one does not occur, and if an operation in the Rust files below SOURCES has no exchange.

The rules are those of Go's protojson and grpc-gateway, which the service uses. Python's json_format accepts more, such as
a boolean for a float, so the bodies are walked here field by field, and then parsed with json_format as well.
"""

import base64
import collections
import json
import pathlib
import re
import sys
import urllib.parse

from clarifai_grpc.grpc.api import service_pb2
from google.api import annotations_pb2
from google.protobuf import descriptor, json_format, message_factory

F = descriptor.FieldDescriptor
INTEGERS = {
    F.TYPE_INT32: (-(2**31), 2**31 - 1),
    F.TYPE_SINT32: (-(2**31), 2**31 - 1),
    F.TYPE_SFIXED32: (-(2**31), 2**31 - 1),
    F.TYPE_INT64: (-(2**63), 2**63 - 1),
    F.TYPE_SINT64: (-(2**63), 2**63 - 1),
    F.TYPE_SFIXED64: (-(2**63), 2**63 - 1),
    F.TYPE_UINT32: (0, 2**32 - 1),
    F.TYPE_FIXED32: (0, 2**32 - 1),
    F.TYPE_UINT64: (0, 2**64 - 1),
    F.TYPE_FIXED64: (0, 2**64 - 1),
}
WRAPPERS = {
    "google.protobuf." + name
    for name in (
        "BoolValue BytesValue DoubleValue FloatValue Int32Value Int64Value StringValue UInt32Value UInt64Value".split()
    )
}
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")
class Pairs(list):
    """The members of a JSON object in their order, repeated ones included."""


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def kind(value):
    """Returns the JSON type of a value, for messages."""
    if value is None:
        return "null"
    for types, name in ((bool, "boolean"), (str, "string"), (Pairs, "object"), (list, "list")):
        if isinstance(value, types):
            return name
    return "number"


class Walk:
    """Compares a JSON value with a message type. `found` gets (place, problem) for each problem."""

    def __init__(self):
        self.found = set()

    def problem(self, place, text):
        self.found.add((place, text))

    def message(self, value, message, place):
        name = message.full_name
        if name == "google.protobuf.Timestamp":
            if not (isinstance(value, str) and TIMESTAMP.fullmatch(value)):
                self.problem(place, "is not a timestamp")
        elif name == "google.protobuf.Duration":
            if not (isinstance(value, str) and DURATION.fullmatch(value)):
                self.problem(place, "is not a duration")
        elif name == "google.protobuf.FieldMask":
            if not isinstance(value, str):
                self.problem(place, "is not a field mask")
        elif name == "google.protobuf.Struct":
            if not isinstance(value, Pairs):
                self.problem(place, f"is a {kind(value)}, not an object")
        elif name == "google.protobuf.ListValue":
            if isinstance(value, Pairs) or not isinstance(value, list):
                self.problem(place, f"is a {kind(value)}, not a list")
        elif name == "google.protobuf.Value":
            pass
        elif name in WRAPPERS:
            self.scalar(value, message.fields_by_name["value"], place)
        elif not isinstance(value, Pairs):
            self.problem(place, f"is a {kind(value)}, not an object")
        else:
            self.members(value, message, place)

    def members(self, value, message, place):
        seen = set()
        chosen = set()
        for key, member in value:
            inner = f"{place}.{key}" if place else key
            field = message.fields_by_name.get(key) or message.fields_by_camelcase_name.get(key)
            if field is None:
                self.problem(inner, "is not a field")
                continue
            if field.name in seen:
                self.problem(inner, "occurs twice")
            seen.add(field.name)
            oneof = field.containing_oneof
            if oneof is not None and member is not None:
                if oneof.name in chosen:
                    self.problem(inner, f"is a second member of the choice {oneof.name}")
                chosen.add(oneof.name)
            self.field(member, field, inner)

    def field(self, value, field, place):
        if value is None:
            return
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            if not isinstance(value, Pairs):
                self.problem(place, f"is a {kind(value)}, not an object")
                return
            for _, item in value:
                self.single(item, entry.fields_by_name["value"], f"{place}.*")
        elif is_repeated(field):
            if isinstance(value, Pairs) or not isinstance(value, list):
                self.problem(place, f"is a {kind(value)}, not a list")
                return
            for item in value:
                self.single(item, field, f"{place}[]")
        else:
            self.single(value, field, place)

    def single(self, value, field, place):
        if field.message_type is not None:
            self.message(value, field.message_type, place)
        else:
            self.scalar(value, field, place)

    def scalar(self, value, field, place):
        if field.type == F.TYPE_ENUM:
            known = value in field.enum_type.values_by_name if isinstance(value, str) else False
            if not known and not (isinstance(value, int) and not isinstance(value, bool)):
                self.problem(place, f"is not a name or a number of {field.enum_type.name}")
            return
        expected = self.expected(value, field)
        if expected:
            self.problem(place, f"is a {kind(value)}, not {expected}")

    @staticmethod
    def expected(value, field):
        """Returns what the value should be, or None if it fits."""
        if field.type == F.TYPE_BOOL:
            return None if isinstance(value, bool) else "a boolean"
        if field.type == F.TYPE_STRING:
            return None if isinstance(value, str) else "a string"
        if field.type == F.TYPE_BYTES:
            try:
                base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
                return None
            except (AttributeError, ValueError):
                return "base64"
        text = isinstance(value, str) and NUMBER.fullmatch(value)
        if field.type in (F.TYPE_FLOAT, F.TYPE_DOUBLE):
            special = isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity")
            return None if is_number(value) or text or special else "a number"
        low, high = INTEGERS[field.type]
        if is_number(value) or text:
            number = float(value)
            number = int(value) if not isinstance(value, float) and str(value).lstrip("-").isdigit() else number
            if number == int(number) and low <= number <= high:
                return None
        return f"an integer of {low} to {high}"


def is_repeated(field):
    repeated = getattr(field, "is_repeated", None)
    return repeated if isinstance(repeated, bool) else field.label == F.LABEL_REPEATED


class Route:
    """One HTTP binding of a method."""

    def __init__(self, verb, template, body, method):
        self.verb, self.template, self.body = verb, template, body
        self.input, self.output = method.input_type, method.output_type
        parts = re.split(r"(\{[^}]*\})", template)
        self.pattern = re.compile(
            "".join("([^/]+)" if part.startswith("{") else re.escape(part) for part in parts)
        )
        self.variables = [part[1:-1] for part in parts if part.startswith("{")]
        # A literal segment is preferred to a variable.
        self.literals = template.count("/") - len(self.variables)


def routes():
    for service in service_pb2.DESCRIPTOR.services_by_name.values():
        for method in service.methods:
            rule = method.GetOptions().Extensions[annotations_pb2.http]
            for binding in [rule, *rule.additional_bindings]:
                verb = binding.WhichOneof("pattern")
                if verb in ("get", "put", "post", "delete", "patch"):
                    yield Route(verb.upper(), getattr(binding, verb), binding.body, method)


def find(table, verb, path):
    fitting = [route for route in table if route.verb == verb and route.pattern.fullmatch(path)]
    return max(fitting, key=lambda route: route.literals, default=None)


def field_at(message, path):
    """Returns the field that a dotted path names, or None."""
    field = None
    for name in path.split("."):
        if message is None:
            return None
        field = message.fields_by_name.get(name) or message.fields_by_camelcase_name.get(name)
        if field is None:
            return None
        message = field.message_type
    return field


def check_query(walk, query, route):
    if query and route.body == "*":
        walk.problem("?", "has a query, although all fields are in the body")
    seen = set()
    for key, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
        place = f"?{key}"
        field = field_at(route.input, key)
        if field is None:
            walk.problem(place, "is not a field")
            continue
        message = field.message_type
        if message is not None and message.full_name not in WRAPPERS | {
            "google.protobuf.Timestamp",
            "google.protobuf.Duration",
            "google.protobuf.FieldMask",
        }:
            walk.problem(place, "is a message, which a query cannot hold")
            continue
        if key in seen and not is_repeated(field):
            walk.problem(place, "occurs twice")
        seen.add(key)
        if message is not None and message.full_name in WRAPPERS:
            field = message.fields_by_name["value"]
        typed = {"true": True, "false": False}.get(value, value) if field.type == F.TYPE_BOOL else value
        if message is None or message.full_name in WRAPPERS:
            walk.scalar(typed, field, place)
        else:
            walk.message(value, message, place)


def check_body(walk, text, message, place=""):
    try:
        value = json.loads(text, object_pairs_hook=Pairs)
    except ValueError:
        walk.problem(place, "is not JSON")
        return
    before = len(walk.found)
    walk.message(value, message, place)
    if len(walk.found) > before:
        return
    try:
        json_format.Parse(text, message_factory.GetMessageClass(message)(), max_recursion_depth=200)
    except json_format.ParseError as error:
        walk.problem(place, f"is refused by json_format: {error}")


def check_request(walk, exchange, route, query):
    body = exchange["request"]
    check_query(walk, query, route)
    if not body:
        return
    if not route.body:
        walk.problem("", "has a body, although the route has none")
    elif route.body == "*":
        check_body(walk, body, route.input)
    else:
        check_body(walk, body, route.input.fields_by_name[route.body].message_type, route.body)


def short(verb, path):
    """Returns a route without its scope: both forms of a path have the same differences."""
    scoped = re.sub(r"^/v2/users/[^/]+/apps/[^/]+/", "", path)
    return f"{verb} {re.sub(r'^/v2/', '', scoped)}"


def check(table, exchange):
    """Yields the differences of an exchange as (side, route, place, problem)."""
    path, _, query = exchange["target"].partition("?")
    route = find(table, exchange["method"], path)
    if route is None:
        # The service says so in a form of its own, so there is nothing more to check.
        if exchange["operation"]:
            yield "request", exchange["operation"], "", "has no route"
        return
    name = short(route.verb, re.sub(r"\{(?:[^}]*\.)?([^}]*)\}", r"{\1}", route.template))
    status, response = exchange["status"], exchange["response"]
    if exchange["operation"]:
        walk = Walk()
        check_request(walk, exchange, route, query)
        yield from (("request", name, *found) for found in walk.found)
    if response and not response.startswith('{"status":"NOT_FOUND"'):
        walk = Walk()
        check_body(walk, response, route.output)
        yield from (("response", name, *found) for found in walk.found)


class Listed:
    """A listed difference. `*` stands for any text in its route and its place."""

    def __init__(self, entry):
        if not entry["reason"]:
            raise ValueError(f"no reason: {entry}")
        self.parts = [entry[name] for name in ("side", "route", "place", "problem")]
        self.patterns = [re.compile(".*".join(map(re.escape, part.split("*")))) for part in self.parts]
        self.occurs = False

    def covers(self, difference):
        covers = all(pattern.fullmatch(part) for pattern, part in zip(self.patterns, difference))
        self.occurs = self.occurs or covers
        return covers

    def __str__(self):
        return json.dumps(self.parts)


def operations_in(sources):
    """Returns the names of all operations, except those in the form of OpenAI, which the description does not have."""
    paths = [path for path in pathlib.Path(sources).rglob("*.rs") if "openai" not in path.parts]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return {name for text in texts for name in re.findall(r'\bSpec::\w+\(\s*"([^"]+)"', text)}


def main(exchanges, differences, sources):
    with open(differences, encoding="utf-8") as file:
        listed = [Listed(one) for one in json.load(file)]
    table = list(routes())
    found = collections.Counter()
    example = {}
    operations, count, responses = set(), 0, 0
    with open(exchanges, encoding="utf-8") as file:
        for line in file:
            exchange = json.loads(line)
            count += 1
            responses += exchange["response"] is not None
            operations.add(exchange["operation"])
            for difference in check(table, exchange):
                found[difference] += 1
                example.setdefault(difference, exchange)
    operations.discard("")
    print(f"{count} exchanges of {len(operations)} operations, {responses} with a response")
    new = sorted(one for one in found if not any([listing.covers(one) for listing in listed]))
    gone = [listing for listing in listed if not listing.occurs]
    for difference in new:
        text = json.dumps(dict(zip(("side", "route", "place", "problem"), difference)))
        one = example[difference]
        print(f"not listed, {found[difference]} times: {text}")
        print(f"    first in {one['operation'] or 'a test'}: {one['method']} {one['target']} {str(one['request'])[:300]}")
        if difference[0] == "response":
            print(f"    response {one['status']}: {one['response'][:300]}")
    for difference in gone:
        print(f"listed, but does not occur: {difference}")
    unseen = sorted(operations_in(sources) - operations)
    for operation in unseen:
        print(f"no exchange of the operation: {operation}")
    print(f"{len(found)} differences, {len(listed)} listed")
    if not count:
        print("there are no exchanges")
    return 1 if new or gone or unseen or not operations else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
