#!/usr/bin/python3
"""What nodes hash and sign, made from fixed keys and from docs/protocol/README.md alone.

Prints one line each: a name and bytes in hexadecimal digits. docs/protocol/golden/signed.txt is its output; tests
compare with it what the code makes of the same values.

    golden_signed.py --proto docs/protocol

Needs protoc, python3-protobuf and python3-nacl.
"""

import argparse
import base64
import struct

from golden_messages import load_files
from nacl.signing import SigningKey
from verify_deltas import audience_id, h, record_id, root_of

KEYS = {name: SigningKey(bytes([number] * 32)) for name, number in
        [("root", 200), ("district", 1), ("community", 2), ("invite", 3)]}
PUBLIC = {name: bytes(key.verify_key) for name, key in KEYS.items()}
CLUSTER = h(b"liandong/cluster/1" + PUBLIC["root"])[:16]
SEALING_KEY, BOX = bytes([7] * 32), b"a sealed box"
TIME, HLC = 1700000000123, 1700000000123 << 16 | 7
INCARNATION = 0x0102030405060708
NONCE, SALT = bytes([9] * 16), bytes([8] * 16)
NODE, PARENT = PUBLIC["community"], PUBLIC["district"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--proto", required=True, help="folder that holds liandong/v1/*.proto")
    authority, _, delta, session = load_files(parser.parse_args().proto)
    audience = delta.Audience(members=[dict(place=11), dict(place=21)])
    home = audience_id(encoded(audience))
    lane = h(b"liandong/lane/1" + NODE + struct.pack(">Q", INCARNATION) + home + b"\x01")[:16]
    record = record_id(2, home, NONCE)
    names = [(f"public key of the {name}", key) for name, key in PUBLIC.items()]
    names += [("cluster id", CLUSTER), ("audience id", home), ("lane id", lane), ("record id", record)]
    deltas = list(make_deltas(delta, home, lane, record))
    delta_ids = [h(b"\x02" + item.header) for item in deltas]
    entries = list(make_chain(authority, lane, delta_ids[1]))
    export = [b"A" + framed(encoded(entry)) for entry in entries]
    export += [b"U" + framed(encoded(audience))] + [b"D" + framed(encoded(item)) for item in deltas]
    lines = names
    lines += [(f"authority entry {index + 1}", encoded(entry)) for index, entry in enumerate(entries)]
    lines += [("hash of the last entry", h(b"\x03" + entries[-1].entry))]
    lines += [(f"delta id {index + 1}", delta_id) for index, delta_id in enumerate(delta_ids)]
    lines += [(f"frame {index + 1} of the deltas", data)
              for index, data in enumerate(make_stream(delta, session, audience, home, deltas))]
    lines += make_beats(session, home, lane)
    lines += make_joining(session)
    lines += [("export", b"".join(export))]
    for name, data in lines:
        print(f"{name} = {data.hex()}")


def encoded(message):
    return message.SerializeToString(deterministic=True)


def framed(data):
    return struct.pack(">I", len(data)) + data


def sign(name, message):
    return KEYS[name].sign(message).signature


def make_chain(messages, lane, delta_id):
    """One entry of every body."""
    bodies = [
        dict(genesis=dict(root=PUBLIC["root"], signer=PARENT,
                          district=dict(id=1, tier=1, code="441202000000", name="Duanzhou"))),
        dict(place=dict(id=10, tier=2, parent=1, code="441202001000", name="East Gate", valid_from="2024-01-01",
                        boundary=[112.5, 23.25, 112.75, 23.25, 112.5, 23.5])),
        dict(place=dict(id=11, tier=3, parent=10, code="441202001001", name="East Gate 1")),
        dict(place=dict(id=21, tier=3, parent=10, code="441202001002", name="East Gate 2")),
        dict(invite=dict(key=PUBLIC["invite"], place=11, expires=TIME + 86_400_000, name="East Gate 1")),
        dict(enrol=dict(node=PARENT, sealing_key=SEALING_KEY, place=1, name="district", ordinal=1)),
        dict(enrol=dict(node=NODE, sealing_key=SEALING_KEY, place=11, name="East Gate 1", ordinal=99,
                        invite=PUBLIC["invite"], addresses=["192.0.2.1:7311"])),
        dict(grant=dict(node=NODE, capability="accept-for-others", withdrawn=True)),
        dict(purpose_key=dict(purpose="register", version=300, wrapped=[dict(node=NODE, box=BOX)])),
        dict(policy=dict(name="name of a policy", value="its value")),
        dict(revoke=dict(node=NODE, reason="stolen", cuts=[dict(lane=lane, seq=2, header_hash=delta_id)])),
    ]
    previous = b""
    for index, body in enumerate(bodies):
        issuer = "district" if index else "root"
        entry = encoded(messages.AuthorityEntry(
            suite=1, cluster=CLUSTER, issuer=PUBLIC[issuer], height=index + 1, previous=previous, time=TIME + index,
            **body))
        previous = h(b"\x03" + entry)
        yield messages.SignedEntry(entry=entry, signature=sign(issuer, b"liandong/authority/1" + entry))


def make_deltas(messages, home, lane, record):
    """A creation with personal text behind it; then a write over a context, and a removal."""
    Op = messages.Op
    contents = [
        [
            (b"\x00", Op(record=record, field=200, value=b"creation", nonce=NONCE)),
            (SALT, Op(record=record, field=203, value="夜里有噪声".encode())),
        ],
        [
            (b"\x00", Op(record=record, field=205, value=b"unit", floor=HLC + 9,
                         context=[dict(lane=lane, position=513)])),
            (b"\x00", Op(record=record, field=209, element=b"tag", type=1)),
            (SALT, Op(record=record, field=204, value=b"a note")),
        ],
    ]
    previous = b""
    for index, ops in enumerate(contents):
        ops = [(salt, encoded(op)) for salt, op in ops]
        fields = {"class": 1}
        header = encoded(messages.Header(
            suite=1, cluster=CLUSTER, origin=NODE, incarnation=INCARNATION, audience=home, seq=index + 1,
            previous=previous, hlc=HLC + index, schema=1, district_height=7, issuer_height=7, op_count=len(ops),
            ops_root=root_of([h(b"\x00" + salt + op) for salt, op in ops]), **fields))
        previous = h(b"\x02" + header)
        yield messages.Delta(
            header=header, signature=sign("community", b"liandong/delta/1" + header),
            ops=[dict(op=op) if salt == b"\x00" else dict(salt=salt, op=op) for salt, op in ops])


def make_stream(messages, session, audience, home, deltas):
    """The frames in which both deltas go to a peer that has neither (section 7)."""
    fields = {"class": 1}
    sent = [
        session.SentDelta(lsn=1, signature=deltas[0].signature, ops=deltas[0].ops, hlc=HLC,
                          district_height=7, issuer_height=7),
        session.SentDelta(lsn=2, signature=deltas[1].signature, ops=deltas[1].ops, hlc=HLC + 1),
    ]
    frames = [
        session.Frame(audiences=dict(audiences=[audience])),
        session.Frame(lane=session.LaneDefinition(origin=NODE, incarnation=INCARNATION, audience=home, **fields)),
        session.Frame(deltas=dict(deltas=sent)),
    ]
    return map(encoded, frames)


def make_beats(session, home, lane):
    common = dict(cluster=CLUSTER, node=NODE, incarnation=INCARNATION, number=300, time=TIME)
    beat = encoded(session.Beat(
        **common, version="1.2.3", health=1, addresses=["192.0.2.1:7311"], store_epoch=5, started=TIME - 1000,
        links=[dict(peer=PARENT, up=True, since=TIME - 500)], clock_offset_milliseconds=-1500, district_height=7))
    part = encoded(session.BeatPart(**common, audience=home, lanes=[dict(lane=lane, seq=2)]))
    yield "signed beat", encoded(session.SignedBeat(
        beat=beat, signature=sign("community", b"liandong/beat/1" + beat)))
    yield "signed part of a beat", encoded(session.SignedBeatPart(
        part=part, signature=sign("community", b"liandong/beat-part/1" + part)))


def make_joining(session):
    message = b"liandong/enrol/1" + CLUSTER + NODE + SEALING_KEY + PUBLIC["invite"]
    request = session.EnrolRequest(
        cluster=CLUSTER, node=NODE, sealing_key=SEALING_KEY, invite=PUBLIC["invite"], addresses=["192.0.2.1:7311"],
        clock=TIME, invite_signature=sign("invite", message), node_signature=sign("community", message))
    token = encoded(session.JoinToken(
        cluster=CLUSTER, parent=PARENT, addresses=["192.0.2.1:7311"], secret=bytes([3] * 32), expires=TIME + 86_400_000,
        name="East Gate 1", place_code="441202001001", root=PUBLIC["root"]))
    yield "request to be enrolled", encoded(session.Frame(enrol_request=request))
    yield "join token, as text", b"ldj1." + base64.urlsafe_b64encode(token).rstrip(b"=")


if __name__ == "__main__":
    main()
