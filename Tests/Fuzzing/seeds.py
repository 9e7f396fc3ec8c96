#!/usr/bin/env python3
"""Cuts the golden pages into one file a seed: seeds.py PAGES FOLDER makes FOLDER/TARGET/NUMBER."""

import pathlib
import struct
import sys

MESSAGES = {"Frame": ["frame", "reconcile"], "Header": ["header"], "Op": ["op"], "Audience": ["audience"],
            "Delta": ["delta"], "AuthorityEntry": ["entry"], "SignedEntry": ["entry"], "Given": ["excerpt"],
            "Excerpt": ["excerpt"], "BundleHeader": ["bundle"], "BundleChunk": ["bundle"],
            "SignedBundleChunk": ["bundle"]}
FORMS = [b"service_code=0303&address_id=441202001001&description=%E8%B7%AF%E7%81%AF+out&lat=23.05&long=112.46",
         b"service_code=0101&email=a%40b.cn&first_name=x&last_name=y&phone=138&attribute[KIND]=a&attribute[KIND]=b",
         b"service_request_id=1,2,3&status=open&start_date=2024-01-01T00:00:00Z&end_date=2024-02-01T00:00:00%2B08:00"]


def main(pages, folder):
    pages, seeds = pathlib.Path(pages), {}

    def add(target, data):
        seeds.setdefault(target, []).append(data)

    def sequence(frames):
        return b"".join(struct.pack(">H", len(frame)) + frame for frame in frames)

    frames = []
    for block in (pages / "messages.txt").read_text().strip().split("\n\n")[1:]:
        title, *_, last = block.split("\n")
        data, message = bytes.fromhex(last.removeprefix("= ")), title.partition(" · ")[2]
        for target in MESSAGES.get(message, []):
            add(target, data)
        if message == "Frame":
            frames.append(data)
            add("engine", sequence([data]))
    signed = dict(line.split(" = ") for line in (pages / "signed.txt").read_text().strip().split("\n"))
    stream = [bytes.fromhex(data) for name, data in signed.items() if name.startswith("frame ")]
    add("stream", sequence(stream))
    add("engine", sequence(frames[-4:] + stream))
    add("engine", sequence(stream))
    for name, data in signed.items():
        if name.startswith("authority entry"):
            add("entry", bytes.fromhex(data))
    export = bytes.fromhex(signed["export"])
    while export:
        kind, length = export[:1], struct.unpack(">I", export[1:5])[0]
        add({b"A": "entry", b"U": "audience", b"D": "delta"}[kind], export[5:5 + length])
        export = export[5 + length:]
    for line in (pages / "reconciliation.txt").read_text().split("\n"):
        if line:
            add("reconcile", bytes.fromhex(line[2:]))
    for form in FORMS:
        add("form", form)
    for target, contents in seeds.items():
        (pathlib.Path(folder) / target).mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(contents):
            (pathlib.Path(folder) / target / str(number)).write_bytes(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
