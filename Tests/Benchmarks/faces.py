"""What residents' requests cost: latency over four hops, submits over HTTP, catching up with them."""

import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import time
import urllib.parse

from table import heading, row

PATH = "/open311/v2/requests.json"


def measure(cluster, limits, wanted, scale):
    communities = sorted(code for code, node in cluster.nodes.items() if node["tier"] == "community")
    here = communities[0]
    there = next(code for code in communities if code[:9] != here[:9])
    street = here[:9] + "000"

    # More of them go to another street in the run than a community may send there in a day.
    cluster.run("quota", "set", "--records", "1000000", "--data", cluster.data("441202000000"))
    heading("latency, community → street → district → street → community, 20 a second")
    latencies = four_hops(cluster, here, there, round(400 * scale))
    allowance = 5 * max(0.0, limits["fsync_ms"] - 0.1)
    note = f"five commits of {limits['fsync_ms']:.2f} ms an fsync, four verifications, and the wire"
    wanted.at_most("p50", statistics.median(latencies), "ms", 2.5 + allowance, note)
    wanted.at_most("p99", statistics.quantiles(latencies, n=100)[98], "ms", 6 + allowance, note)

    heading("bytes on the wire for a one-field edit, street to district")
    edit = edit_bytes(cluster, here, street, round(50 * scale) or 5)
    wanted.at_most("delta frames", edit, "B", 200, "signature 64, record 16, salt, op, frame")

    heading("durable submits over HTTP, at one community with its uplink out of service")
    sibling = next(code for code in communities if code != here and code[:9] == here[:9])
    time.sleep(2)
    shared = {code: cluster.records(code) for code in (here, sibling)}
    for community in (here, sibling):
        cluster.link("cut", community, street)
    rates = {}
    for callers in (1, 8, 64):
        rates[callers] = wrk(cluster.address(here), form(here), callers, max(2, round(5 * scale)), cluster.folder)
        if callers < 64:
            row(f"{callers} callers", f"{rates[callers]:,.0f} /s")
    wanted.at_least("64 callers", rates[64], "/s", 6_000, f"{rates[64] / rates[1]:.1f} times one caller")

    heading("catch-up of what the street missed, from group commits of busy nodes")
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
    wanted.at_least(f"{missed:,.0f} orders", missed / (time.perf_counter() - start), "/s", 10_000)

    heading(f"a node of {goal:,.0f} orders, the street")
    wanted.at_most("memory", cluster.resident_bytes(street) / 2**20, "MiB", 150)
    cluster.stop(street)
    start = time.perf_counter()
    cluster.start(street)
    wanted.at_most("ready after start", time.perf_counter() - start, "s", 1, "opening the file, lanes and chain")


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
            if time.perf_counter() - start > 60:
                raise TimeoutError(f"{number} is not at {there} after a minute")
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
