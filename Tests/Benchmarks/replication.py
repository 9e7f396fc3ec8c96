"""What replication costs: catching up, healing, comparing, a new node, memory and disk."""

import json
import os
import sqlite3
import subprocess
import time

from table import heading, row

EIGHT_LEAVES = "nodes:\n" + "".join(
    f'  - {{ name: {name}, tier: {tier}, code: "{code}", place: {name} }}\n'
    for name, tier, code in [
        ("district", "district", "441202000000"),
        ("street-1", "street", "441202001000"),
        ("street-2", "street", "441202003000"),
    ]
    + [(f"leaf-{n}", "community", f"44120200{1 + 2 * (n % 2)}00{1 + n // 2}") for n in range(8)]
)


class Tool:
    """Fills stores of stopped nodes; its commands stand in Tests/Benchmarks/Replica/main.swift."""

    def __init__(self, binary):
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer.startswith("ok "):
            raise RuntimeError(f"{words[0]}: {answer or 'the tool ended'}")
        return answer[3:]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def communities(cluster):
    return sorted(code for code, node in cluster.nodes.items() if node["tier"] == "community")


def street_of(place):
    return place[:9] + "000"


# ---- Catch-up ----


def catch_up(cluster, limits, wanted, scale):
    """A street takes over what a community wrote while it was away; nobody is above that would want it too."""
    here, there = communities(cluster)[0], communities(cluster)[-1]
    for place in (here, there):
        cluster.link("cut", street_of(place), "441202000000")
    heading("durable catch-up of one-op deltas, each signed singly")
    rate = catch_up_rate(cluster, here, round(50_000 * scale), records=1, fields=1)
    share = 100 * rate / limits["verifies"]
    wanted.at_least("of one core's verifications", share, "%", 90, f"{rate:,.0f} deltas a second")
    heading("the same of a busy author: deltas of 20 registrations, 140 ops")
    rate = catch_up_rate(cluster, there, round(2_500 * scale), records=20, fields=7)
    wanted.at_least("ops", 140 * rate, "/s", 60_000, f"{rate:,.0f} deltas a second")


def catch_up_rate(cluster, place, count, records, fields):
    cluster.stop(place)
    cluster.tool.ask("fill", cluster.data(place), cluster.data(place), count, records, fields, 1)
    street = street_of(place)
    before = cluster.deltas(street)
    cluster.start(place)
    samples = []
    begin = time.perf_counter()
    while not samples or samples[-1][1] < before + count:
        if time.perf_counter() - begin > 300:
            raise TimeoutError(f"{samples[-1][1] - before:,.0f} of {count:,} deltas came in five minutes")
        samples.append((time.perf_counter(), cluster.deltas(street)))
        time.sleep(0.2)
    # From the last look before the first came: the way of the first is part of it, starting the node is not.
    first = max(index for index, (_, held) in enumerate(samples) if held == samples[0][1])
    start = samples[first]
    return (samples[-1][1] - start[1]) / (samples[-1][0] - start[0])


# ---- Submits within the process, and what a record takes of the disk ----


def submits(cluster, limits, wanted, scale):
    place = communities(cluster)[0]
    cluster.stop(place)
    file = os.path.join(cluster.data(place), "replica.sqlite")
    before = os.path.getsize(file)
    heading("durable submits in process: eleven fields each")
    count = round(50_000 * scale)
    for callers in (1, 8):
        rate = count / 10 / float(cluster.tool.ask("submit", cluster.data(place), callers, count // 10))
        row(f"{callers} callers", f"{rate:,.0f} /s")
    rate = count / float(cluster.tool.ask("submit", cluster.data(place), 64, count))
    wanted.at_least("64 callers", rate, "/s", 16_000, f"{limits['fsyncs']:,.0f} fsyncs a second")
    heading("disk for one of them, with all that is kept for sync, lists and search")
    made = count + 2 * (count // 10)
    each = (os.path.getsize(file) - before) / made
    plain = plain_row_bytes(os.path.join(cluster.folder, "plain.sqlite"), made)
    wanted.at_most("against the plain row", each / plain, "times", 2.4, f"{each:,.0f} B and {plain:,.0f} B")


def plain_row_bytes(path, count):
    """What SQLite takes for a row with the same eleven values."""
    db = sqlite3.connect(path)
    db.execute(
        "CREATE TABLE orders(id BLOB PRIMARY KEY, created INTEGER, service TEXT, description TEXT, address TEXT,"
        " latitude REAL, longitude REAL, number TEXT, contact BLOB, media TEXT, attributes TEXT, events BLOB)"
    )
    db.executemany(
        "INSERT INTO orders VALUES(?, ?, '0303', ?, ?, ?, 112.46, ?, ?, ?, '', ?)",
        (
            (
                os.urandom(16),
                1_700_000_000_000 + n,
                f"包公路 {n} 号门前路灯不亮，已经第 {n % 9 + 2} 天",
                f"包公路 {n} 号",
                23.05 + n % 1_000 * 1e-5,
                f"4412020010010126112{n:06d}",
                os.urandom(80),
                f"https://example.org/photo/{n}.jpg",
                os.urandom(48),
            )
            for n in range(count)
        ),
    )
    db.commit()
    db.close()
    return os.path.getsize(path) / count


# ---- Healing ----


def heal(cluster, limits, wanted, scale):
    """Every leaf writes alone; then all links come back at once."""
    from faces import form, wrk

    leaves = communities(cluster)
    heading("heal after a minute apart, 5,000 deltas on each of 8 leaves")
    before = {place: cluster.deltas(place) for place in leaves}
    at_district = cluster.deltas("441202000000")
    for place in leaves:
        cluster.link("cut", place, street_of(place))
    begin = time.perf_counter()
    count = round(5_000 * scale)
    for place in leaves:
        while cluster.deltas(place) - before[place] < count:
            wrk(cluster.address(place), form(place), 1, 1, cluster.folder)
    time.sleep(max(0, (60 if scale == 1 else 6) - (time.perf_counter() - begin)))
    goal = at_district + sum(cluster.deltas(place) - before[place] for place in leaves)
    start = time.perf_counter()
    for place in leaves:
        cluster.link("heal", place, street_of(place))
    healed = time.perf_counter()
    while cluster.deltas("441202000000") < goal:
        if time.perf_counter() - start > 120:
            raise TimeoutError(f"{cluster.deltas('441202000000'):,.0f} of {goal:,.0f} deltas after two minutes")
        time.sleep(0.05)
    note = f"{goal - at_district:,.0f} deltas to the district; giving the order took {healed - start:.1f} s of it"
    wanted.at_most("all of it at the district", time.perf_counter() - start, "s", 3, note)


# ---- Comparing ----


def reconcile(cluster, limits, wanted, scale):
    """What two nodes lack of a third one's, found by one comparison.

    Neither of the two has written it: who hears that others have later deltas of its own takes itself for a backup put
    back, and compares by itself before it is asked to.
    """
    here = communities(cluster)[0]
    street = street_of(here)
    count = round(1_000_000 * scale)
    cluster.join("author", here)
    for place in (here, street):
        cluster.wait_until_known("author", place)
    cluster.link("cut", street, "441202000000")
    cluster.stop(here, street)
    stores = f"{cluster.data(street)},{cluster.data(here)}"
    start = time.perf_counter()
    sets = ["10", "10s", "1000", "1000s"]
    cluster.tool.ask("fill", cluster.data("author"), stores, count, 1, 1, 2_000, "withhold", *sets)
    heading(f"two nodes of {count:,} deltas in 2,000 lanes, filled in {time.perf_counter() - start:.0f} s")
    bounds = {None: (0.3, 0.1), 0: (2, 0.2), 1: (8, 0.3), 2: (30, 0.5), 3: (120, 1)}
    for index, (kilobytes, seconds) in bounds.items():
        differences = 0
        if index is not None:
            differences = int(cluster.tool.ask("insert", index, *stores.split(",")))
        cluster.start(street, here)
        result = compare(cluster, here, street)
        name = "no difference" if index is None else f"{sets[index].rstrip('s')} {'scattered' if 's' in sets[index] else 'recent'}"
        found = result["lacked_here"] + result["lacked_there"] + result["differed"]
        wanted.at_most(name, result["bytes"] / 1_000, "kB", kilobytes, f"{found:,} differences found")
        if found != differences:
            raise RuntimeError(f"{name}: {found:,} differences were found of {differences:,} that were made")
        wanted.at_most(f"{name}, time", result["milliseconds"] / 1_000, "s", seconds, "repairs durable at both sides")
        if index is None:
            wanted.at_most("memory of the street", cluster.resident_bytes(street) / 2**20, "MiB", 150)
        cluster.stop(street, here)
    cluster.start(street, here)


def compare(cluster, here, street):
    """One comparison, asked for at the community."""
    for _ in range(200):
        answer = subprocess.run(
            [cluster.binary, "verify", "--only-compare", "--json", "--data", cluster.data(here), "--peer", street],
            capture_output=True,
            text=True,
        )
        if answer.returncode in (0, 1) and answer.stdout:
            return json.loads(answer.stdout)["peers"][0]
        time.sleep(0.1)
    raise RuntimeError(answer.stderr)


# ---- A new node ----


def bootstrap(cluster, limits, wanted, scale):
    """A second node of a street that holds as many registrations as the district has residents."""
    here = communities(cluster)[0]
    street = street_of(here)
    count = round(400_000 * scale)
    cluster.join("second", street)
    cluster.link("cut", street, "441202000000")
    cluster.stop(here, street)
    start = time.perf_counter()
    cluster.tool.ask("fill", cluster.data(here), cluster.data(street), count, 1, 7, 200)
    heading(f"a new node of {count:,} registrations, filled in {time.perf_counter() - start:.0f} s")
    cluster.start(street)
    plain = plain_registrations(os.path.join(cluster.folder, "plain.sqlite"), count)
    signatures = count / limits["verifies"] / 2
    row("plain SQLite rows", f"{plain:.1f} s", f"signatures on two cores {signatures:.1f} s")
    wanted.at_most("memory of the street, idle", cluster.resident_bytes(street) / 2**20, "MiB", 80)
    start = time.perf_counter()
    cluster.start("second")
    readable = None
    while True:
        metrics = cluster.metrics("second")
        if readable is None and metrics["liandong_records"] + metrics["liandong_records_verifying"] >= count:
            readable = time.perf_counter() - start
        if readable and metrics["liandong_records"] >= count and metrics["liandong_records_verifying"] == 0:
            break
        if time.perf_counter() - start > 900:
            raise TimeoutError(f"after 15 minutes: {metrics}")
        time.sleep(0.2)
    verified = time.perf_counter() - start
    wanted.at_most("readable", readable / plain, "times plain", 6, f"{readable:.1f} s")
    wanted.at_most("verified", verified / signatures, "times signatures", 1.2, f"{verified:.1f} s")
    wanted.at_most("memory of the new node", cluster.resident_bytes("second") / 2**20, "MiB", 150)
    cluster.stop("second")
    cluster.start("second")
    time.sleep(5)
    wanted.at_most("memory of it, idle", cluster.resident_bytes("second") / 2**20, "MiB", 80)
    size = os.path.getsize(os.path.join(cluster.data("second"), "replica.sqlite"))
    row("disk", f"{size / count:,.0f} B", "each, of seven fields and a signature of its own")


def plain_registrations(path, count):
    """Seconds to insert as many rows of the same values."""
    rows = [
        (os.urandom(16), 1_700_000_000_000 + n, "王秀英", os.urandom(110), os.urandom(55), f"包公路 {n % 300} 号", "permanent", f"第 {n} 户")
        for n in range(count)
    ]
    start = time.perf_counter()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(
        "CREATE TABLE registrations(id BLOB PRIMARY KEY, opened INTEGER, name TEXT, identity BLOB, phone BLOB,"
        " address TEXT, residence TEXT, note TEXT)"
    )
    db.execute("BEGIN")
    db.executemany("INSERT INTO registrations VALUES(?, ?, ?, ?, ?, ?, ?, ?)", rows)
    db.execute("COMMIT")
    db.close()
    return time.perf_counter() - start
