"""Whether the examples of a description are as it says itself: `examples.py openapi.json`."""

import json
import sys

import jsonschema_rs


def media(value):
    """Whatever has a schema and examples of it."""
    if isinstance(value, dict):
        if "schema" in value and value.keys() & {"example", "examples"}:
            yield value
        for member in value.values():
            yield from media(member)
    elif isinstance(value, list):
        for element in value:
            yield from media(element)


def examples(described):
    if "example" in described:
        return [described["example"]]
    return [example["value"] for example in described["examples"].values()]


def main(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    components = document["components"]
    checked = 0
    for described in media([document["paths"], components["responses"]]):
        schema = {**described["schema"], "components": components}
        validator = jsonschema_rs.Draft202012Validator(schema)
        for example in examples(described):
            # A text shows a whole stream, of which the schema says what each piece is.
            if not isinstance(example, str):
                validator.validate(example)
                checked += 1
    print(f"{checked} examples are right")


main(sys.argv[1])
