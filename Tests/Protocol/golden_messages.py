#!/usr/bin/python3
"""Checks docs/protocol/golden/messages.txt against the .proto files.

Each block's text is encoded and compared with its bytes; the bytes are decoded and compared with the text. Every field
of every message that the protocol's files define, and every value of their enumerations, must stand in some block: who
adds one adds it to the page. With --write the bytes are filled in instead of compared.

    golden_messages.py --proto docs/protocol [--write] docs/protocol/golden/messages.txt

Needs protoc and python3-protobuf. Exit code 0: all is as it should be; 1: something is not, named on standard error.
"""

import argparse
import importlib
import subprocess
import sys
import tempfile

from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError

NAMES = ["authority", "bundle", "delta", "session"]


def load_files(proto_path):
    """The descriptors' modules, made from the .proto files into a folder that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        files = [f"liandong/v1/{name}.proto" for name in NAMES]
        subprocess.run(["protoc", f"--proto_path={proto_path}", f"--python_out={folder}", *files], check=True)
        sys.path.insert(0, folder)
        return [importlib.import_module(f"liandong.v1.{name}_pb2") for name in NAMES]


class Block:
    """A name and a message, indented text, and behind "=" the bytes."""

    def __init__(self, lines):
        self.title, *text, last = lines
        self.text = text
        self.hex = last.removeprefix("=").strip()
        self.name, _, self.message = self.title.partition(" · ")
        if not self.message or not last.startswith("="):
            raise ValueError(f"{self.title}: a block begins with `name · message` and ends with `= bytes`")

    def __str__(self):
        return "\n".join([self.title, *self.text, f"= {self.hex}"])


def blocks(page):
    """The comment that the page begins with, and its blocks."""
    head, *rest = [part.split("\n") for part in page.strip().split("\n\n")]
    return head, [Block(lines) for lines in rest]


def note(message, seen):
    """Notes which fields and enumeration values a message sets, down to its innermost part."""
    for field, value in message.ListFields():
        seen.add(field.full_name)
        for item in value if field.label == FieldDescriptor.LABEL_REPEATED else [value]:
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                note(item, seen)
            elif field.type == FieldDescriptor.TYPE_ENUM:
                seen.add(field.enum_type.values_by_number[item].name)


def wanted(files):
    """Every field, and every value of an enumeration but 0, which does not show in bytes."""
    for file in files:
        for message in file.DESCRIPTOR.message_types_by_name.values():
            yield from (field.full_name for field in message.fields)
        for enumeration in file.DESCRIPTOR.enum_types_by_name.values():
            yield from (value.name for value in enumeration.values if value.number != 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--proto", required=True, help="folder that holds liandong/v1/*.proto")
    parser.add_argument("--write", action="store_true", help="fill in the bytes instead of comparing them")
    parser.add_argument("page")
    arguments = parser.parse_args()
    files = load_files(arguments.proto)
    with open(arguments.page, encoding="utf-8") as stream:
        head, found = blocks(stream.read())
    seen, wrong = set(), []
    for block in found:
        kind = next((getattr(file, block.message) for file in files if hasattr(file, block.message)), None)
        if kind is None:
            wrong.append(f"{block.title}: no such message")
            continue
        try:
            message = text_format.Parse("\n".join(block.text), kind())
            if arguments.write:
                block.hex = message.SerializeToString(deterministic=True).hex()
            decoded = kind.FromString(bytes.fromhex(block.hex))
        except (text_format.ParseError, DecodeError, ValueError) as error:
            wrong.append(f"{block.title}: {error}")
            continue
        note(message, seen)
        if message.SerializeToString(deterministic=True).hex() != block.hex:
            wrong.append(f"{block.title}: the text has other bytes")
        if decoded != message:
            wrong.append(f"{block.title}: the bytes say something else")
    wrong += [f"{name}: in no block" for name in wanted(files) if name not in seen]
    names = [block.name for block in found]
    wrong += [f"{name}: the name of two blocks" for name in sorted(set(names)) if names.count(name) > 1]
    if arguments.write:
        with open(arguments.page, "w", encoding="utf-8") as stream:
            stream.write("\n\n".join(["\n".join(head), *map(str, found)]) + "\n")
    for complaint in wrong:
        print(f"Error: {complaint}", file=sys.stderr)
    if not wrong:
        print(f"{len(found)} blocks are as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
