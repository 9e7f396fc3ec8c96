"""What a cluster of real processes does, beside the machine's limits measured in the same run.

Run by scripts/bench. Everything is seen from outside: HTTP with wrk and http.client, /metrics, /proc. The cluster is
cluster/demo.yaml, whose communities lie four hops apart by way of their streets and the district.
"""

import argparse
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

from nacl.bindings import crypto_sign_open
from nacl.signing import SigningKey

DISTRICT = "441202000000"
PATH = "/open311/v2/requests.json"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--liandong", required=True, help="the built binary, a release build")
    parser.add_argument("--quick", action="store_true", help="a tenth of the records and seconds")
    options = parser.parse_args()
    scale = 0.1 if options.quick else 1.0

    with tempfile.TemporaryDirectory() as folder:
        limits = measure_limits(folder, 1.0 if options.quick else 3.0)
        cluster = Cluster(options.liandong, os.path.join(folder, "c"))
        try:
            failed = measure_cluster(cluster, limits, scale)
        finally:
            cluster.down()
    return 1 if failed else 0


# ---- What the machine could do ----


def measure_limits(folder, seconds):
    heading("limits of this machine")
    fsyncs = rate(seconds, fsync_loop(os.path.join(folder, "fsync")))
    row("fsyncs of 4 KiB", f"{fsyncs:,.0f} /s", f"{1e3 / fsyncs:.3f} ms each")
    verifies = rate(seconds, verify_loop())
    row("Ed25519 verifications, one core", f"{verifies:,.0f} /s", f"{1e6 / verifies:.0f} µs each, libsodium")
    rows = sqlite_rows(os.path.join(folder, "rows.sqlite"), seconds)
    row("SQLite rows in one transaction", f"{rows:,.0f} /s", "WAL, FULL, a primary key and an index")
    row("cores", str(os.cpu_count()), "")
    return {"fsync_ms": 1e3 / fsyncs, "fsyncs": fsyncs, "verifies": verifies, "rows": rows}


def rate(seconds, step):
    count, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        step()
        count += 1
    return count / elapsed


def fsync_loop(path):
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    block = bytes(4096)

    def step():
        os.write(file, block)
        os.fdatasync(file)

    return step


def verify_loop():
    key = SigningKey.generate()
    signed = bytes(key.sign(bytes(300)))
    public = bytes(key.verify_key)
    return lambda: crypto_sign_open(signed, public)


def sqlite_rows(path, seconds):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE r(id BLOB PRIMARY KEY, kind INTEGER, value BLOB) STRICT, WITHOUT ROWID")
    db.execute("CREATE INDEX r_kind ON r(kind)")
    count, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        db.execute("BEGIN")
        db.executemany("INSERT INTO r VALUES(?, ?, ?)", [(os.urandom(16), n, bytes(200)) for n in range(2_000)])
        db.execute("COMMIT")
        count += 2_000
    return count / elapsed


# ---- The cluster ----


class Cluster:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.run("cluster", "up", "cluster/demo.yaml", "--dir", folder)
        self.refresh()

    def run(self, *arguments):
        return subprocess.run([self.binary, *arguments], check=True, capture_output=True, text=True).stdout

    def refresh(self):
        status = json.loads(self.run("cluster", "status", "--json", "--dir", self.folder))
        self.nodes = {node["place_code"]: node for node in status["nodes"]}

    def link(self, verb, a, b):
        self.run("cluster", verb, self.nodes[a]["name"], self.nodes[b]["name"], "--dir", self.folder)

    def down(self):
        try:
            self.run("cluster", "down", "--dir", self.folder)
        except subprocess.CalledProcessError as error:
            print(error.stderr, file=sys.stderr)

    def address(self, place):
        return urllib.parse.urlparse(self.nodes[place]["http"]).netloc

    def metrics(self, place):
        """Sums of each name over its labels."""
        with urllib.request.urlopen(self.nodes[place]["http"].rstrip("/") + "/metrics") as answer:
            text = answer.read().decode()
        sums = {}
        for line in text.splitlines():
            if match := re.match(r"([a-z_]+)(?:\{[^}]*\})? (\S+)$", line):
                sums[match[1]] = sums.get(match[1], 0.0) + float(match[2])
        return sums

    def records(self, place):
        return self.metrics(place)["liandong_records"]

    def resident_bytes(self, place):
        with open(f"/proc/{self.nodes[place]['pid']}/status") as status:
            return 1024 * int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def form(place, text="路灯不亮"):
    return urllib.parse.urlencode({"service_code": "0303", "address_id": place, "description": text})


def wrk(address, body, callers, seconds, folder):
    """Submits a second that wrk got answered with 2xx."""
    script = os.path.join(folder, "post.lua")
    with open(script, "w") as file:
        file.write(
            'wrk.method = "POST"\n'
            f"wrk.body = {json.dumps(body)}\n"
            'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n'
        )
    command = ["wrk", "-t1", f"-c{callers}", f"-d{seconds}s", "-s", script, f"http://{address}{PATH}"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output:
        raise RuntimeError(output)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def measure_cluster(cluster, limits, scale):
    communities = sorted(code for code, node in cluster.nodes.items() if node["tier"] == "community")
    here = communities[0]
    there = next(code for code in communities if code[:9] != here[:9])
    street = here[:9] + "000"
    failures = []

    def wanted(name, value, unit, bound, is_good, why):
        row(name, f"{value:,.1f} {unit}", f"wanted {bound}{'' if is_good else ': MISSED'}; {why}")
        if not is_good:
            failures.append(name)

    heading("latency, community → street → district → street → community, 20 a second")
    latencies = four_hops(cluster, here, there, round(400 * scale))
    allowance = 5 * max(0.0, limits["fsync_ms"] - 0.1)
    p50 = statistics.median(latencies)
    p99 = statistics.quantiles(latencies, n=100)[98]
    why = f"five commits of {limits['fsync_ms']:.2f} ms an fsync, four verifications, and the wire"
    wanted("p50", p50, "ms", f"≤ {6 + allowance:.1f}", p50 <= 6 + allowance, why)
    wanted("p99", p99, "ms", f"≤ {15 + allowance:.1f}", p99 <= 15 + allowance, why)

    heading("bytes on the wire for a one-field edit, street to district")
    edit = edit_bytes(cluster, here, street, round(50 * scale) or 5)
    wanted("delta frames", edit, "bytes", "≤ 260", edit <= 260, "signature 64, record 16, salt, op, frame")

    heading("durable submits over HTTP, at one community with its uplink out of service")
    sibling = next(code for code in communities if code != here and code[:9] == here[:9])
    time.sleep(2)
    shared = {code: cluster.records(code) for code in (here, sibling)}
    for community in (here, sibling):
        cluster.link("cut", community, street)
    rates = {}
    for callers in (1, 8, 64):
        rates[callers] = wrk(cluster.address(here), form(here), callers, max(2, round(5 * scale)), cluster.folder)
        bound = {1: "as fast as one fsync and one signature a submit allow", 8: "", 64: ""}[callers]
        row(f"{callers} callers", f"{rates[callers]:,.0f} /s", bound)
    wanted("64 callers", rates[64], "/s", "≥ 5,000", rates[64] >= 5_000, "processor: HTTP, fold, SQLite rows")
    wanted("64 against one", rates[64] / rates[1], "times", "≥ 8", rates[64] >= 8 * rates[1], "fsyncs are shared")

    heading("catch-up of what the street missed")
    # From two communities: a node gives out at most 99,999 numbers a day.
    target = round(50_000 * scale)
    for community in (here, sibling):
        while cluster.records(community) < target:
            wrk(cluster.address(community), form(community), 64, 1, cluster.folder)
    goal = cluster.records(street) + sum(cluster.records(code) - shared[code] for code in (here, sibling))
    missed = goal - cluster.records(street)
    start = time.perf_counter()
    for community in (here, sibling):
        cluster.link("heal", community, street)
    while cluster.records(street) < goal:
        time.sleep(0.1)
    speed = missed / (time.perf_counter() - start)
    wanted(f"{missed:,.0f} records", speed, "/s", "≥ 10,000", speed >= 10_000, "the street's writer: cells and read models")

    heading(f"a node of {goal:,.0f} records, the street")
    mebibytes = cluster.resident_bytes(street) / 2**20
    wanted("memory", mebibytes, "MiB", "≤ 150", mebibytes <= 150, "lane heads, SQLite's cache, the tail of recent deltas")
    ready = time_to_ready(cluster, street)
    wanted("ready after start", ready, "s", "≤ 1", ready <= 1, "opening the file, lanes and chain")
    return failures


def four_hops(cluster, here, there, count):
    """Milliseconds from a submit's POST to its first sight at the far community.

    One thread over two open sockets, which begins to ask when four fifths of the usual time have passed: what asks must
    not take the processors from what is measured. So a figure may be too large, never too small.
    """
    near, far = (Connection(cluster.address(place)) for place in (here, there))
    body = form(there).encode()
    post = (
        f"POST {PATH} HTTP/1.1\r\nHost: near\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    results = []
    begin = time.perf_counter()
    for index in range(count):
        time.sleep(max(0.0, begin + index / 20 - time.perf_counter()))
        start = time.perf_counter()
        status, answer = near.ask(post)
        if status != 201:
            raise RuntimeError(f"a submit was answered with {status}: {answer}")
        number = json.loads(answer)[0]["service_request_id"]
        if results:
            time.sleep(max(0.0, start + 0.0008 * statistics.median(results) - time.perf_counter()))
        get = f"GET /open311/v2/requests/{number}.json HTTP/1.1\r\nHost: far\r\n\r\n".encode()
        while far.ask(get)[0] != 200:
            time.sleep(0.0005)
        results.append(1e3 * (time.perf_counter() - start))
    return results


class Connection:
    """HTTP over a socket that stays open, with as little work as will do."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request):
        self.socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.socket.recv(65536)
        head, body = received.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < length:
            body += self.socket.recv(65536)
        return int(head.split(b" ", 2)[1]), body


def edit_bytes(cluster, here, street, count):
    connection = http.client.HTTPConnection(cluster.address(here))
    connection.request("POST", PATH, form(here), {"Content-Type": "application/x-www-form-urlencoded"})
    number = json.loads(connection.getresponse().read())[0]["service_request_id"]
    data = cluster.nodes[here]["data_dir"]
    cluster.run("order", "accept", number, "--data", data)
    time.sleep(2)
    before = cluster.metrics(here)
    for step in range(count):
        cluster.run("order", "amend", number, "--data", data, "--address", f"{step} 号")
    time.sleep(2)
    after = cluster.metrics(here)
    sent = after["liandong_delta_bytes_sent_total"] - before["liandong_delta_bytes_sent_total"]
    return sent / count


def time_to_ready(cluster, place):
    node = cluster.nodes[place]
    os.kill(node["pid"], signal.SIGTERM)
    while os.path.exists(f"/proc/{node['pid']}"):
        time.sleep(0.01)
    start = time.perf_counter()
    process = subprocess.Popen(
        [cluster.binary, "serve", "--data", node["data_dir"]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(node["http"].rstrip("/") + "/readyz", timeout=1) as answer:
                    if answer.status == 200:
                        return time.perf_counter() - start
            except OSError:
                if process.poll() is not None or time.perf_counter() - start > 60:
                    raise
                time.sleep(0.005)
    finally:
        process.terminate()
        process.wait()


# ---- Printing ----


def heading(text):
    print(f"\n{text}", flush=True)


def row(name, value, note):
    print(f"  {name:<34} {value:>18}  {note}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
