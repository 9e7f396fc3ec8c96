#!/usr/bin/env python3
"""The turns of one reconciliation, written from section 12 of docs/protocol/README.md alone.

Two replicas of two lanes; B lacks seq 40 of the first. Prints each frame in hexadecimal digits behind who says it:
docs/protocol/golden/reconciliation.txt is its output, and a test compares what the core says with that.
"""

from hashlib import blake2b

SALT = bytes([1] * 16)
A = {1: set(range(1, 71)), 2: {1, 2, 3}}
B = {1: set(range(1, 71)) - {40}, 2: {1, 2, 3}}


def main():
    a, b = ordered(A), ordered(B)
    differing = [index for index, lane in enumerate(b) if lane["tag"] not in [other["tag"] for other in a]]
    named = {lane["number"] for lane in a if lane["tag"] not in [other["tag"] for other in b]}
    turns = [
        ("A", field(2, SALT) + field(3, root(a))),
        # Its root differs, and it has few lanes in the stretch of no digits.
        ("B", field(5, b"\0" + varint(len(b)) + b"".join(lane["tag"] for lane in b))),
        ("A", field(6, b"".join(map(varint, differing))) + field(7, positions(a, named))),
        ("B", field(7, positions(b, {b[index]["number"] for index in differing}))),
        ("A", b""),
        ("B", b""),
    ]
    for side, body in turns:
        print(side, field(16, b"\x08\x01" + body).hex())


def H(message):
    return blake2b(message, digest_size=32).digest()


def u64(number):
    return number.to_bytes(8, "big")


def element(lane, seq):
    """Stands for a DeltaID."""
    return H(u64(lane) + u64(seq) + u64(0))


def chain(level, children):
    digest = bytes(32)
    for index, child in children:
        digest = H(b"\x21" + bytes([level]) + digest + u64(index) + child)
    return digest


def lane_digest(lane, seqs):
    level, children = 0, [(seq, element(lane, seq)) for seq in sorted(seqs)]
    while True:
        nodes = {}
        for index, child in children:
            nodes.setdefault(index >> 6, []).append((index, child))
        children = [(index, chain(level, below)) for index, below in sorted(nodes.items())]
        if [index for index, _ in children] == [0]:
            return children[0][1]
        level += 1


def lane_id(lane):
    """Of origin = the lane's number and zeros, incarnation 1, audience 7, interactive."""
    return H(b"liandong/lane/1" + u64(lane) + bytes(24) + u64(1) + bytes(8) + u64(7) + b"\x01")[:16]


def ordered(replica):
    lanes = []
    for number, seqs in replica.items():
        tag = H(b"\x23" + SALT + lane_id(number) + lane_digest(number, seqs))[:16]
        place = H(b"\x22" + SALT + lane_id(number))[:8]
        lanes.append({"place": place, "long": tag, "tag": tag[8:12], "number": number, "seqs": seqs})
    return sorted(lanes, key=lambda lane: lane["place"])


def root(lanes):
    total = 0
    for lane in lanes:
        total ^= int.from_bytes(lane["long"], "big")
    return total.to_bytes(16, "big")


def positions(lanes, numbers):
    return b"".join(lane["place"][:6] + packed(lane["seqs"]) for lane in lanes if lane["number"] in numbers)


def packed(seqs):
    ranges = []
    for seq in sorted(seqs):
        if ranges and ranges[-1][1] + 1 == seq:
            ranges[-1][1] = seq
        else:
            ranges.append([seq, seq])
    result, following = varint(len(ranges)), 1
    for first, last in ranges:
        result += varint(first - following) + varint(last - first)
        following = last + 1
    return result


def varint(number):
    result = b""
    while number >= 128:
        result += bytes([number & 127 | 128])
        number >>= 7
    return result + bytes([number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


if __name__ == "__main__":
    main()
