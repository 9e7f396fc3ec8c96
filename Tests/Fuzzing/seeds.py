#!/usr/bin/env python3
"""Cuts the golden pages into one file a seed: seeds.py PAGES FOLDER makes FOLDER/TARGET/NUMBER."""

import pathlib
import struct
import sys

MESSAGES = {"Frame": ["frame", "reconcile"], "Header": ["header"], "Op": ["op"], "Audience": ["audience"],
            "Delta": ["delta"], "AuthorityEntry": ["entry"], "SignedEntry": ["entry"], "Given": ["excerpt"],
            "Excerpt": ["excerpt"], "Left": ["left"], "SnapshotPage": ["page"], "BundleHeader": ["bundle"], "BundleChunk": ["bundle"],
            "SignedBundleChunk": ["bundle"], "SignedBundleHeader": ["bundle"]}
# Fields and values of records, by docs/protocol/fields.md: work order, registration, consultation, link of persons.
RECORDS = [
    [(200, "090b0000000000000011150000000000000022043033303229006c50c4a00100003a07636f756e7465724a05636c65726b"),
     (202, "e8b7afe781af"), (206, "080e1915000000000000003a05636c65726b"), (206, "0801"), (207, "1206e69d8ee5b7a5"),
     (208, "000000000000000b"), (213, "000000000000000b")],
    [(100, "0a0464617465"), (101, "0a06e5bca0e4b8891001"), (102, "0a03010203"), (103, "0a01311001"), (106, "0a0131")],
    [(300, "0a0474657874"), (301, "0a0161"), (302, "0a0162"), (303, "0801")],
    [(400, "0a10" + "01" * 16 + "1210" + "02" * 16), (401, "0801"), (402, "0802")],
]
FORMS = [b"service_code=0303&address_id=441202001001&description=%E8%B7%AF%E7%81%AF+out&lat=23.05&long=112.46",
         b"service_code=0101&email=a%40b.cn&first_name=x&last_name=y&phone=138&attribute[KIND]=a&attribute[KIND]=b",
         b"service_request_id=1,2,3&status=open&start_date=2024-01-01T00:00:00Z&end_date=2024-02-01T00:00:00%2B08:00"]

# One small file of each kind, with what is to be cut.
PHOTOS = [
    bytes.fromhex("ffd8" "ffe1002c" + b"Exif\0\0MM\0*".hex() + "00000008" "0002" "01120003000000010006" "0000"
                  "8825000400000001" "00000000" "0000" "fffe0003" "01" "ffc0000b" "080008001001011100"
                  "ffda0008" "010100003f00" "01ff0002ffd003" "ffd9" "0000"),
    bytes.fromhex("89504e470d0a1a0a" "0000000d" + b"IHDR".hex() + "00000010000000080802000000" "00000000"
                  "00000003" + b"tEXt".hex() + "010203" "00000000" "00000003" + b"IDAT".hex() + "010203" "00000000"
                  "00000000" + b"IEND".hex() + "00000000"),
    b"RIFF" + struct.pack("<I", 54) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes([12, 0, 0, 0, 15, 0, 0, 7, 0, 0])
    + b"VP8 " + struct.pack("<I", 12) + bytes([0, 0, 0, 0x9D, 1, 0x2A, 16, 0, 8, 0, 7, 7])
    + b"EXIF" + struct.pack("<I", 4) + b"MM\0*" + b"zzzz",
]

JSON = {
    "readings": [
        b'{"seq": 17, "boot": "a1", "t": 1790000000, "values": {"fill": 91, "ok": true},'
        b' "readings": [{"n": "temperature", "v": 21.5, "t": "2026-09-21T22:13:20+08:00"}]}',
        b'{"messages": [{"values": {"smoke": false, "battery": -8.8e1}}]}',
        b'[{"bn": "urn:dev:ow:1:", "bt": 1.29e9, "bu": "Cel", "bv": 2, "n": "t", "v": 23.5, "s": 4, "t": -5},'
        b' {"n": "door", "vb": true}, {"n": "word", "vs": "open"}]',
    ],
    "rules": [
        b'{"kind": "gas", "silent_after_seconds": 90000, "rules": [{"type": "gas", "series": "lel", "above": 20,'
        b' "clears_at": 10, "severity": "life", "service": "0404", "street_after_minutes": 2, "district_after_minutes": 5},'
        b' {"type": "night", "series": "open", "is": true, "severity": "notice", "for_seconds": 60, "weekdays": [1, 2],'
        b' "from": "22:00", "to": "06:00"}]}',
    ],
}


def varint(number):
    data = b""
    while number > 127:
        data, number = data + bytes([number & 127 | 128]), number >> 7
    return data + bytes([number])


def packed(entries):
    """The live entries of a record, as a snapshot has them (section 13)."""
    data = varint(1) + bytes([1] * 32) + varint(1) + bytes([2] * 32) + varint(0) + varint(len(entries))
    for index, (field, value) in enumerate(entries):
        value = bytes.fromhex(value)
        data += varint(field) + varint(0) + varint(index) + struct.pack(">Q", (1_700_000_000_000 + index) << 16)
        data += varint(8) + bytes([index] * 8) + varint(len(value)) + value
    return data


def page(records):
    """A page of a snapshot that holds them: homes, records, the last one's id, and that it is the end."""
    data = b""
    for index, record in enumerate(records):
        entries = packed(record)
        data += bytes([index] * 16) + varint(0) + struct.pack(">Q", 1) + varint(len(record)) + varint(len(entries))
        data += entries
    home = b"\x0a\x09\x09" + struct.pack("<Q", 11)
    fields = [(4, home), (5, data), (6, bytes([len(records) - 1] * 16))]
    return b"".join(varint(number << 3 | 2) + varint(len(data)) + data for number, data in fields) + b"\x38\x01"


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
    for record in RECORDS:
        add("record", packed(record))
    add("page", page(RECORDS))
    for form in FORMS:
        add("form", form)
    for photo in PHOTOS:
        add("photo", photo)
    for target, texts in JSON.items():
        for text in texts:
            add(target, text)
            add("json", text)
    for target, contents in seeds.items():
        (pathlib.Path(folder) / target).mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(contents):
            (pathlib.Path(folder) / target / str(number)).write_bytes(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
