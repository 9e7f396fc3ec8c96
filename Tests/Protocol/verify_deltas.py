#!/usr/bin/python3
"""A second implementation of the delta check, written from docs/protocol/README.md alone.

Reads an export (section 11) from a file or standard input, checks every authority entry, audience and delta in it, and
prints one JSON object. Exit code 0: all of it is good; 1: something is not, and says what and where on standard error.

    verify_deltas.py --proto docs/protocol EXPORT

Needs protoc, python3-protobuf and python3-nacl.
"""

import argparse
import hashlib
import importlib
import json
import struct
import subprocess
import sys
import tempfile

from google.protobuf.message import DecodeError
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey


class Refused(Exception):
    """Something in the export that a receiver must not take."""


def require(condition, reason):
    if not condition:
        raise Refused(reason)


def load_messages(proto_path):
    """The message classes, made from the .proto files into a folder that goes away."""
    folder = tempfile.TemporaryDirectory()
    names = ["authority", "delta"]
    files = [f"liandong/v1/{name}.proto" for name in names]
    subprocess.run(["protoc", f"--proto_path={proto_path}", f"--python_out={folder.name}", *files], check=True)
    sys.path.insert(0, folder.name)
    modules = [importlib.import_module(f"liandong.v1.{name}_pb2") for name in names]
    folder.cleanup()
    return modules


# ---- Section 1 and 2: hashes and names ----


def h(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def audience_id(canonical):
    return h(b"liandong/audience/1" + canonical)[:16]


def record_id(kind, home, nonce):
    return h(b"liandong/record/1" + struct.pack(">I", kind) + home + nonce)[:16]


def verify(key, signature, message, what):
    require(len(signature) == 64, f"{what}: a signature of {len(signature)} bytes")
    try:
        VerifyKey(key).verify(message, signature)
    except (BadSignatureError, ValueError) as error:
        raise Refused(f"{what}: the signature does not verify") from error


def decode(message, data, what):
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise Refused(f"{what}: no protobuf") from error
    return message


# ---- Section 3: the authority chain ----


class Chain:
    def __init__(self, authority):
        self.authority = authority
        self.height, self.head = 0, b""
        self.cluster = self.signer = None
        self.parents, self.tiers, self.codes = {}, {}, {}
        self.nodes, self.ordinals = {}, set()
        self.moved = False

    def take(self, data):
        what = f"authority entry {self.height + 1}"
        signed = decode(self.authority.SignedEntry(), data, what)
        require(len(signed.entry) <= 32 * 1024, f"{what}: {len(signed.entry)} bytes")
        entry = decode(self.authority.AuthorityEntry(), signed.entry, what)
        require(entry.suite == 1, f"{what}: suite {entry.suite}")
        require(entry.height == self.height + 1, f"{what}: has height {entry.height}")
        require(entry.previous == self.head, f"{what}: does not follow the entry before")
        body = entry.WhichOneof("body")
        if self.height == 0:
            self.found(entry, body, what)
        else:
            require(entry.cluster == self.cluster, f"{what}: of another cluster")
            require(entry.issuer == self.signer, f"{what}: not by the signer")
        verify(entry.issuer, signed.signature, b"liandong/authority/1" + signed.entry, what)
        if body == "place":
            self.place(entry.place, what)
        elif body == "enrol":
            self.enrol(entry, what)
        elif body == "genesis":
            require(self.height == 0, f"{what}: a second genesis")
        self.height, self.head = entry.height, h(b"\x03" + signed.entry)

    def found(self, entry, body, what):
        require(body == "genesis", f"{what}: no genesis")
        genesis = entry.genesis
        require(entry.issuer == genesis.root, f"{what}: not issued by its root")
        require(entry.cluster == h(b"liandong/cluster/1" + genesis.root)[:16], f"{what}: not its root's cluster")
        require(genesis.district.tier == 1 and genesis.district.parent == 0, f"{what}: its place is no district")
        self.cluster, self.signer = entry.cluster, genesis.signer
        self.district = genesis.district.id
        self.insert(genesis.district)

    def place(self, place, what):
        if place.id != self.district or place.parent:
            require(place.parent in self.tiers, f"{what}: under an unknown place")
            require(self.tiers[place.parent] < place.tier, f"{what}: not under a higher tier")
        require(self.codes.get(place.code, place.id) == place.id, f"{what}: code {place.code} is another place's")
        require(self.tiers.get(place.id, place.tier) == place.tier, f"{what}: changes the tier")
        self.moved |= self.parents.get(place.id, place.parent) != place.parent
        self.insert(place)

    def insert(self, place):
        self.codes = {code: owner for code, owner in self.codes.items() if owner != place.id}
        self.codes[place.code] = place.id
        self.parents[place.id], self.tiers[place.id] = place.parent, place.tier

    def enrol(self, entry, what):
        enrol = entry.enrol
        require(len(enrol.node) == 32 and len(enrol.sealing_key) == 32, f"{what}: keys are not 32 bytes")
        require(enrol.place in self.tiers, f"{what}: for an unknown place")
        require(enrol.node not in self.nodes, f"{what}: enrols a node twice")
        ordinal = (enrol.place, enrol.ordinal)
        require(1 <= enrol.ordinal <= 99 and ordinal not in self.ordinals, f"{what}: ordinal {enrol.ordinal}")
        self.ordinals.add(ordinal)
        self.nodes[enrol.node] = (enrol.place, entry.height)

    def line(self, place):
        """The place and its ancestors."""
        line = []
        while place and place not in line:
            line.append(place)
            place = self.parents.get(place, 0)
        return line

    def entitled(self, place, audience):
        return any(
            place in self.line(member.place) or (member.scope == 1 and member.place in self.line(place))
            for member in audience.members
        )

    def reaches(self, audience, member):
        """Whether whoever a member stands for is of an audience."""
        if member.scope == 1:
            return any(wide.scope == 1 and wide.place in self.line(member.place) for wide in audience.members)
        return self.entitled(member.place, audience)


# ---- Section 4: deltas ----


def root_of(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return h(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:]))


ERASE = 5  # OpType.OP_TYPE_ERASE


def root_by_path(leaf, index, count, path):
    """The root that a leaf has with its siblings from the leaf up; None when they are not as many as they must be."""
    if count == 1:
        return leaf if not path else None
    if not path:
        return None
    split = 1
    while split * 2 < count:
        split *= 2
    if index < split:
        below = root_by_path(leaf, index, split, path[:-1])
        return below and h(b"\x01" + below + path[-1])
    below = root_by_path(leaf, index - split, count - split, path[:-1])
    return below and h(b"\x01" + path[-1] + below)


class Deltas:
    def __init__(self, messages, chain):
        self.messages, self.chain = messages, chain
        self.audiences = {}
        self.lanes = {}  # lane -> seq -> {DeltaID: (previous, hlc, district height, issuer height)}
        self.held = set()  # the record, audience and dot of each op whose bytes are there
        self.left = set()  # the same of what lefts name
        self.count = self.ops = self.dropped = self.creations = self.carries = self.lefts = self.forks = 0

    def take_audience(self, data):
        audience = self.check_audience(decode(self.messages.Audience(), data, "audience"))
        canonical = audience.SerializeToString(deterministic=True)
        require(canonical == data, "audience: not canonical")
        self.audiences[audience_id(canonical)] = audience

    def check_audience(self, audience):
        places = [member.place for member in audience.members]
        require(1 <= len(places) <= 8, f"audience: {len(places)} members")
        require(places == sorted(set(places)), "audience: members are not sorted, or repeat a place")
        return audience

    def take(self, data):
        what = f"delta {self.count + 1}"
        delta = decode(self.messages.Delta(), data, what)
        require(len(delta.header) <= 1024, f"{what}: a header of {len(delta.header)} bytes")
        header = self.check_header(delta.header, what)
        require(header.op_count == len(delta.ops), f"{what}: {len(delta.ops)} ops")
        self.check_ops(delta, header, what)
        verify(header.origin, delta.signature, b"liandong/delta/1" + delta.header, what)
        require(header.audience in self.audiences, f"{what}: its audience was not defined")
        self.check_author(header, self.audiences[header.audience], what)
        self.link(header, h(b"\x02" + delta.header), what)
        self.count += 1

    def check_header(self, data, what):
        header = decode(self.messages.Header(), data, what)
        require(header.suite == 1, f"{what}: suite {header.suite}")
        require(header.cluster == self.chain.cluster, f"{what}: of another cluster")
        require(header.SerializeToString(deterministic=True) == data, f"{what}: header is not canonical")
        require(1 <= header.op_count <= 512, f"{what}: {header.op_count} ops")
        require(1 <= header.seq < 1 << 54, f"{what}: seq {header.seq}")
        require(len(header.previous) == (0 if header.seq == 1 else 32), f"{what}: previous at seq {header.seq}")
        return header

    def check_ops(self, delta, header, what):
        leaves, size = [], 0
        for index, salted in enumerate(delta.ops):
            if salted.leaf:
                require(len(salted.leaf) == 32 and not salted.op and not salted.salt, f"{what}: op {index}")
                leaves.append(salted.leaf)
                self.dropped += 1
                continue
            require(len(salted.salt) in (0, 16), f"{what}: op {index} has a salt of {len(salted.salt)} bytes")
            salt = salted.salt or b"\x00"
            size += len(salt) + len(salted.op)
            leaves.append(h(b"\x00" + salt + salted.op))
            op = decode(self.messages.Op(), salted.op, f"{what}, op {index}")
            self.check_op(op, header, f"{what}, op {index}")
            dot = h(b"\x02" + delta.header) + struct.pack(">H", index)
            if op.type != self.messages.OP_TYPE_LEFT:
                self.held.add((op.record, header.audience, dot))
        require(size <= 64 * 1024, f"{what}: {size} bytes of ops")
        require(root_of(leaves) == header.ops_root, f"{what}: the ops do not have the root that the header signs")

    def check_op(self, op, header, what):
        self.ops += 1
        require(len(op.record) == 16, f"{what}: a record of {len(op.record)} bytes")
        if op.type == ERASE:
            require(op.field % 100 == 0 and not op.nonce and not op.element, f"{what}: no form of an erasure")
            require(len(op.value) <= 64, f"{what}: a reason of {len(op.value)} bytes")
            require(getattr(header, "class") == 1, f"{what}: an erasure that is not interactive")
            return
        if op.type == self.messages.OP_TYPE_CARRY:
            self.check_carry(op, header, what)
            return
        if op.type == self.messages.OP_TYPE_LEFT:
            self.check_left(op, header, what)
            return
        require((op.field % 100 == 0) == bool(op.nonce), f"{what}: creation and nonce go together")
        if op.type == self.messages.OP_TYPE_GIVEN:
            self.check_given(op, header, what)
        if op.nonce:
            self.creations += 1
            derived = record_id(op.field // 100, header.audience, op.nonce)
            require(op.record == derived, f"{what}: the record id does not commit to its home and nonce")
        lanes = [entry.lane for entry in op.context]
        require(lanes == sorted(set(lanes)), f"{what}: the context is not sorted by lane")

    def check_given(self, op, header, what):
        given = decode(self.messages.Given(), op.value, what)
        definition = self.check_audience(given.audience)
        require(op.field % 100 == 99, f"{what}: a given in field {op.field}")
        require(
            op.element == audience_id(definition.SerializeToString(deterministic=True)),
            f"{what}: a given whose element is not the id of its audience",
        )
        require(all(len(dot) == 34 for dot in given.replaces), f"{what}: a given names ops otherwise than by 34 bytes")
        self.check_author(header, definition, what)

    def check_left(self, op, header, what):
        self.lefts += 1
        left = decode(self.messages.Left(), op.value, what)
        further, home = self.check_audience(left.further), self.check_audience(left.home)
        require(op.field % 100 == 99 and not op.nonce, f"{what}: no form of a left")
        require(op.element == header.audience, f"{what}: a left whose element is not the id of its audience")
        require(len(left.nonce) == 16, f"{what}: a left with a nonce of {len(left.nonce)} bytes")
        home_id = audience_id(home.SerializeToString(deterministic=True))
        require(
            op.record == record_id(op.field // 100, home_id, left.nonce),
            f"{what}: the record id does not commit to the home and nonce that the left names",
        )
        self.check_author(header, further, what)
        own = self.chain.nodes[header.origin][0]
        require(
            self.chain.moved
            or all(self.chain.reaches(further, member) or own in self.chain.line(member.place) for member in home.members),
            f"{what}: a left takes the record from a place of its home that is not its author's",
        )
        require(len(left.ops) <= 1024, f"{what}: a left of {len(left.ops)} ops")
        require(all(len(dot) == 34 for dot in left.ops), f"{what}: a left names ops otherwise than by 34 bytes")
        self.left.update((op.record, header.audience, dot) for dot in left.ops)

    def check_carry(self, op, header, what):
        self.carries += 1
        excerpt = decode(self.messages.Excerpt(), op.value, what)
        source = self.check_header(excerpt.header, f"{what}, its excerpt")
        definition = self.check_audience(excerpt.audience)
        require(
            audience_id(definition.SerializeToString(deterministic=True)) == source.audience,
            f"{what}: the excerpt defines another audience than its header's",
        )
        require(len(excerpt.salt) in (0, 16), f"{what}: the excerpt has a salt of {len(excerpt.salt)} bytes")
        require(excerpt.index < source.op_count, f"{what}: the excerpt is of op {excerpt.index} of {source.op_count}")
        leaf = h(b"\x00" + (excerpt.salt or b"\x00") + excerpt.op)
        path = [excerpt.path[start : start + 32] for start in range(0, len(excerpt.path), 32)]
        require(
            root_by_path(leaf, excerpt.index, source.op_count, path) == source.ops_root,
            f"{what}: the excerpt's op is not of the root that its header signs",
        )
        verify(source.origin, excerpt.signature, b"liandong/delta/1" + excerpt.header, f"{what}, its excerpt")
        require(source.district_height <= header.district_height, f"{what}: carried before its author's height")
        self.check_author(source, definition, f"{what}, its excerpt")
        inner = decode(self.messages.Op(), excerpt.op, f"{what}, its excerpt")
        require(
            (inner.record, inner.field) == (op.record, op.field)
            and inner.type not in (op.type, self.messages.OP_TYPE_LEFT),
            f"{what}: the excerpt is of another record or field, of a carry, or of a left",
        )
        self.check_op(inner, source, f"{what}, its excerpt")
        self.ops -= 1

    def check_author(self, header, audience, what):
        require(header.origin in self.chain.nodes, f"{what}: by a node that is not enrolled")
        place, enrolled = self.chain.nodes[header.origin]
        require(enrolled <= header.district_height <= self.chain.height, f"{what}: height {header.district_height}")
        # Once places have moved, what was right then cannot be told from the chain's end.
        require(
            self.chain.moved or self.chain.entitled(place, audience),
            f"{what}: its author is not entitled to its audience",
        )

    def link(self, header, delta_id, what):
        key = (header.origin, header.incarnation, header.audience, getattr(header, "class"))
        require(key[3] in (1, 2), f"{what}: class {key[3]}")
        lane = self.lanes.setdefault(key, {})
        here = lane.setdefault(header.seq, {})
        require(delta_id not in here, f"{what}: exported twice")
        self.forks += bool(here)
        here[delta_id] = (header.previous, header.hlc, header.district_height, header.issuer_height)

    def check_lanes(self):
        """Every delta names the one before, and neither time nor heights go back."""
        gaps = 0
        for lane in self.lanes.values():
            for seq, branches in sorted(lane.items()):
                before = lane.get(seq - 1)
                if before is None:
                    gaps += seq != 1
                    continue
                for previous, *later in branches.values():
                    require(previous in before, f"seq {seq} of a lane does not name the delta before")
                    earlier = before[previous][1:]
                    require(
                        all(a <= b for a, b in zip(earlier, later)),
                        f"seq {seq} of a lane: time or height goes back",
                    )
        return gaps


# ---- Section 11: the export ----


def items(stream):
    while head := stream.read(5):
        require(len(head) == 5, "the export is cut off")
        kind, length = struct.unpack(">cI", head)
        require(length <= 1 << 20, f"an item of {length} bytes")
        data = stream.read(length)
        require(len(data) == length, "the export is cut off")
        yield kind, data


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--proto", required=True, help="folder that holds liandong/v1/*.proto")
    parser.add_argument("export", nargs="?", help="the export; standard input when left out")
    arguments = parser.parse_args()
    authority, messages = load_messages(arguments.proto)
    chain = Chain(authority)
    deltas = Deltas(messages, chain)
    stream = open(arguments.export, "rb") if arguments.export else sys.stdin.buffer
    try:
        with stream:
            for kind, data in items(stream):
                if kind == b"A":
                    chain.take(data)
                elif kind == b"U":
                    deltas.take_audience(data)
                elif kind == b"D":
                    deltas.take(data)
                else:
                    raise Refused(f"an item of unknown kind {kind!r}")
        gaps = deltas.check_lanes()
    except Refused as reason:
        print(f"Error: {reason}", file=sys.stderr)
        return 1
    report = {
        "schema": "liandong.verification/1",
        "authority_height": chain.height,
        "deltas": deltas.count,
        "ops": deltas.ops,
        "dropped": deltas.dropped,
        "creations": deltas.creations,
        "carries": deltas.carries,
        "lefts": deltas.lefts,
        "ops_left": len(deltas.left),
        "ops_left_held": len(deltas.left & deltas.held),
        "lanes": len(deltas.lanes),
        "gaps": gaps,
        "forks": deltas.forks,
    }
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
