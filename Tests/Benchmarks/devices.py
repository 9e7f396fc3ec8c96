"""What devices' readings cost: over HTTP, through the broker, and from an alarm to the order at the district."""

import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from cluster import free_port
from faces import Connection
from mqtt import Flood, converse
from table import heading, row

DISTRICT = "441202000000"
PATH = "/ingest/v1/readings"
CALLERS = 64
MEMORY_MIB = 256
# Of the 10,000 publications that a node's broker keeps for it; what is beyond is dropped.
WINDOW = 6_000


# ---- Over HTTP ----


def ingest(cluster, limits, wanted, scale):
    """Readings of environment stations in batches, of bins one by one."""
    place = broker_place(cluster)
    stations = add_devices(cluster, place, "env", "environment", 8)
    bins = add_devices(cluster, place, "bin", "waste-bin", CALLERS)
    seconds = max(3, round(15 * scale))
    note = f"{limits['fsyncs']:,.0f} fsyncs a second"

    heading("durable readings over HTTP, 1,000 a call, 8 stations")
    forms = [("JSON, 100 messages a call", "json", JSON_BATCH), ("SenML, a pack a call", "senml+json", SENML_BATCH)]
    for name, kind, body in forms:
        result = post(cluster, place, stations, kind, body, len(stations), seconds, per_call=1_000)
        wanted.at_least(name, result["rate"], "/s", 50_000, note)
        turned = f"; {result['refused']:,} calls were asked to come again" if result["refused"] else ""
        row(f"{name.split(',')[0]}, with their days' files", f"{result['filed']:,.0f} /s", "until the journal is empty" + turned)

    heading("durable readings over HTTP, one a call, a device a caller")
    rate = post(cluster, place, bins[:1], "json", JSON_ONE, 1, seconds, per_call=1)["rate"]
    row("1 caller", f"{rate:,.0f} /s", note)
    result = post(cluster, place, bins, "json", JSON_ONE, CALLERS, seconds, per_call=1)
    wanted.at_least(f"{CALLERS} callers", result["rate"], "/s", 5_000, f"{result['rate'] / rate:.1f} times one caller")
    wanted.at_most("memory of the community, at most", peak_mib(cluster, place), "MiB", MEMORY_MIB)


# Each is the body of a function of Lua that gives a call's body: `call` counts the calls of this device, `now` is in seconds.
JSON_ONE = "return string.format('{\"boot\":\"%s\",\"seq\":%d,\"values\":{\"fill\":%d}}', boot, call, call % 101)"
# A hundred seconds of a station with ten sensors.
JSON_BATCH = """
    local messages = {}
    for index = 1, 100 do
        local values = {}
        for sensor = 1, 10 do values[sensor] = string.format('"s%d":%.1f', sensor, (call * 7 + index * sensor) % 400 / 10) end
        messages[index] = string.format('{"boot":"%s","seq":%d,"t":%d,"values":{%s}}',
            boot, call * 100 + index, now - 100 + index, table.concat(values, ","))
    end
    return "[" .. table.concat(messages, ",") .. "]"
"""
SENML_BATCH = """
    local records = {string.format('{"bn":"urn:dev:station:","bt":%d,"boot":"%s","seq":%d}', now - 100, boot, call)}
    for index = 1, 100 do
        for sensor = 1, 10 do
            local value = (call * 7 + index * sensor) % 400 / 10
            records[#records + 1] = string.format('{"n":"s%d","t":%d,"v":%.1f}', sensor, index, value)
        end
    end
    return "[" .. table.concat(records, ",") .. "]"
"""


def post(cluster, place, devices, kind, body, callers, seconds, per_call):
    """Readings a second that were answered 200, and until they were in their days' files; callers asked to come again."""
    script = os.path.join(cluster.folder, "readings.lua")
    with open(script, "w") as file:
        file.write(lua(devices, kind, body))
    before = cluster.metrics(place)
    start = time.perf_counter()
    command = ["wrk", "-t1", f"-c{callers}", f"-d{seconds}s", "-s", script, f"http://{cluster.address(place)}{PATH}"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # A node whose days' files do not keep up takes nothing more for a while (503).
    refused = sum(int(count) for count in re.findall(r"Non-2xx or 3xx responses: (\d+)", output))
    answered = int(re.search(r"(\d+) requests in", output)[1]) - refused
    took = float(re.search(r"requests in ([\d.]+)s", output)[1])
    while cluster.metrics(place)["liandong_ingest_journal_batches"] > 0:
        time.sleep(0.05)
    elapsed = time.perf_counter() - start
    kept = gained(cluster, place, before)
    # What was under way when wrk ended is kept as well, and not counted.
    if kept < answered * per_call:
        raise RuntimeError(f"{kept:,.0f} readings were kept; {output}")
    return {"rate": answered * per_call / took, "filed": kept / elapsed, "refused": refused}


def lua(devices, kind, body):
    headers = "".join(
        f'{{["Authorization"]="Bearer {token}", ["Content-Type"]="application/{kind}"}},\n' for _, token in devices
    )
    return (
        f"local boot = {json.dumps(str(time.time_ns()))}\n"
        f"local headers = {{{headers}}}\n"
        f"local function body(call, now) {body} end\n"
        "local count = 0\n"
        "request = function()\n"
        "    count = count + 1\n"
        "    local device = count % #headers + 1\n"
        "    local call = math.floor(count / #headers)\n"
        '    return wrk.format("POST", nil, headers[device], body(call, os.time()))\n'
        "end\n"
    )


# ---- Through the broker ----


def broker(cluster, limits, wanted, scale):
    """A flood of publications, and how soon a steady stream of them is stored."""
    place = broker_place(cluster)
    devices = add_devices(cluster, place, "mq", "waste-bin", 20)
    address = urllib.parse.urlsplit(f"//{cluster.nodes[place]['mqtt']}")
    wait_until_let_in(address, devices)
    seconds = max(3, round(15 * scale))

    heading("readings through mosquitto, flooded with QoS 1, a connection a device")
    alone = mosquitto_alone(cluster.folder, round(100_000 * scale))
    row("mosquitto alone", f"{alone:,.0f} /s", "such publications to mosquitto_sub, by a broker that writes nothing down")
    with Watched(cluster, place) as watched:
        rate = flood(cluster, place, address, devices, seconds, each=1)
    wanted.at_least("20 devices, a reading a publication", rate, "/s", 30_000, f"{100 * rate / alone:.0f} % of mosquitto alone")
    row("processor time", *watched.words())
    rate = flood(cluster, place, address, devices, seconds, each=10)
    row("20 devices, ten readings each", f"{rate:,.0f} /s", f"{rate / 10:,.0f} publications a second")
    row("1 device, a reading a publication", f"{flood(cluster, place, address, devices[:1], seconds / 3, each=1):,.0f} /s")

    heading("2,000 readings a second of 20 devices, one a publication, QoS 1: from publishing to the node's answer")
    with Watched(cluster, place) as watched:
        result = converse(address.hostname, address.port, devices, 2_000, seconds)
    answers = result.answered + result.unanswered
    row("p50", f"{statistics.median(answers):,.2f} ms", f"{len(result.unanswered):,} of {len(answers):,} had no answer in 10 s")
    wanted.at_most("p99", p99(answers), "ms", 5, f"the broker's acknowledgement: {p99(result.acknowledged):.1f} ms")
    row("processor time", *watched.words(f"; of one core the client took {100 * result.share:.0f} %"))
    wanted.at_most("memory of the community, at most", peak_mib(cluster, place), "MiB", MEMORY_MIB)


class Watched:
    """What the broker and its node took of the machine meanwhile."""

    def __init__(self, cluster, place):
        with open(os.path.join(cluster.data(place), "mqtt", "mosquitto.pid")) as file:
            self.processes = {"mosquitto": int(file.read()), "node": cluster.nodes[place]["pid"]}

    def __enter__(self):
        self.before, self.start = self.look(), time.perf_counter()
        return self

    def __exit__(self, *_):
        self.after, self.seconds = self.look(), time.perf_counter() - self.start

    def look(self):
        return {name: processor_seconds(pid) for name, pid in self.processes.items()}

    def words(self, more=""):
        spent = {name: seconds - self.before[name] for name, seconds in self.after.items()}
        return "", "; ".join(f"{name} {100 * seconds / self.seconds:.0f} %" for name, seconds in spent.items()) + more


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def flood(cluster, place, address, devices, seconds, each):
    """Readings a second that the node has committed while publications wait for it; none may be missing at the end."""
    before = cluster.metrics(place)
    boot = time.time_ns()
    publishers = [Flood(address.hostname, address.port, *device) for device in devices]
    step = 100 // len(devices)
    sent, kept, looked = 0, 0, 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        for publisher in publishers:
            publisher.work()
        # A look costs the node something too.
        if elapsed - looked >= 0.05:
            kept, looked = gained(cluster, place, before), elapsed
        # What the broker drops it has acknowledged before: so it is never given more than it keeps.
        if sent + step * len(devices) - kept / each > WINDOW or any(publisher.unsent for publisher in publishers):
            time.sleep(0.001)
            continue
        for publisher in publishers:
            publisher.put([line(boot, sent // len(devices) + n, each) for n in range(step)])
        sent += step * len(devices)
    rate = gained(cluster, place, before) / (time.perf_counter() - start)
    while gained(cluster, place, before) < sent * each or not all(publisher.is_done for publisher in publishers):
        if time.perf_counter() - start > seconds + 120:
            raise TimeoutError(f"{gained(cluster, place, before):,.0f} of {sent * each:,} readings came")
        for publisher in publishers:
            publisher.work()
        time.sleep(0.01)
    for publisher in publishers:
        publisher.end()
    return rate


def line(boot, number, each):
    if each == 1:
        return b'{"boot":"%d","seq":%d,"values":{"fill":%d}}' % (boot, number, number % 101)
    values = b",".join(b'"s%d":%d' % (sensor, (number * sensor) % 101) for sensor in range(each))
    return b'{"boot":"%d","seq":%d,"values":{%s}}' % (boot, number, values)


def topic(code):
    return f"liandong/v1/devices/{code or 'none'}/readings"


def mosquitto_alone(folder, count):
    """Publications a second from two connections to one mosquitto_sub."""
    home = os.path.join(folder, "mosquitto")
    os.makedirs(home)
    port = free_port()
    with open(os.path.join(home, "mosquitto.conf"), "w") as file:
        file.write(
            f"listener {port} 127.0.0.1\nallow_anonymous true\n"
            f"max_inflight_messages 64\nmax_queued_messages {2 * count}\nsys_interval 0\nlog_type error\n"
        )
    binary = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    running = [subprocess.Popen([binary, "-c", os.path.join(home, "mosquitto.conf")], stderr=subprocess.DEVNULL)]
    time.sleep(0.5)
    try:
        address = urllib.parse.urlsplit(f"//127.0.0.1:{port}")
        command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", "#", "-F", "%m"]
        heard = os.path.join(home, "heard")
        with open(heard, "wb") as file:
            running.append(subprocess.Popen(["stdbuf", "-oL", *command], stdout=file))
        time.sleep(0.5)
        publishers = [Flood(address.hostname, address.port, None, None) for _ in range(2)]
        for publisher in publishers:
            publisher.put([line(0, number, 1) for number in range(count // 2)])
        start = time.perf_counter()
        lines, looked = 0, 0
        while lines < count // 2 * 2 and time.perf_counter() - start < 30:
            for publisher in publishers:
                publisher.work()
            time.sleep(0.001)
            with open(heard, "rb") as file:
                file.seek(looked)
                lines, looked = lines + file.read().count(b"\n"), file.tell()
        return lines / (time.perf_counter() - start)
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()


def wait_until_let_in(address, devices):
    """The broker is told of new devices within a second, one list for all."""
    code, token = devices[-1]
    command = ["mosquitto_pub", "-h", address.hostname, "-p", str(address.port), "-u", code, "-P", token, "-q", "1"]
    for _ in range(100):
        answer = subprocess.run([*command, "-t", topic(code), "-m", '{"values":{"battery":90}}'], capture_output=True)
        if answer.returncode == 0:
            return
        time.sleep(0.1)
    raise TimeoutError(answer.stderr)


# ---- From an alarm to the order ----


def alarms(cluster, limits, wanted, scale):
    """Smoke at a community, each of another device; its order is asked for at the district until it is there."""
    place = broker_place(cluster)
    count = max(20, round(100 * scale))
    heading("smoke at a community, handed in over HTTP, until its order is at the district")
    devices = add_devices(cluster, place, "smoke", "smoke", 2 * count)
    district = District(cluster)
    report("quiet", district, hand_in(cluster, place, devices[:count], district), wanted)

    bins = add_devices(cluster, place, "bin", "waste-bin", 8)
    load = threading.Thread(target=post, args=(cluster, place, bins, "json", JSON_ONE, 8, count // 4 + 2, 1))
    load.start()
    time.sleep(1)
    report("beside 8 callers with readings", district, hand_in(cluster, place, devices[count:], district), wanted)
    load.join()


def report(name, district, starts, wanted):
    seen = [1e3 * (district.seen[order] - start) for order, start in starts.items()]
    row(f"{name}, p50", f"{statistics.median(seen):.1f} ms")
    wanted.at_most(f"{name}, p99", p99(seen), "ms", 300, f"of {len(seen)} devices")
    time.sleep(1)
    told = [1e3 * (district.told[order] - start) for order, start in starts.items()]
    row("told of by its server-sent events", f"{statistics.median(told):.1f} ms", f"p50; p99 {p99(told):.1f} ms")


def hand_in(cluster, place, devices, district):
    """When the alarm of each order was sent, four a second."""
    near = Connection(cluster.address(place))
    body = '{"boot":"1","seq":1,"values":{"smoke":true}}'
    starts = {}
    begin = time.perf_counter()
    for index, (_, token) in enumerate(devices):
        time.sleep(max(0.0, begin + index / 4 - time.perf_counter()))
        start = time.perf_counter()
        status, answer = near.ask(
            f"POST {PATH} HTTP/1.1\r\nHost: near\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        if status != 200 or len(json.loads(answer)["alarms"]) != 1:
            raise RuntimeError(f"an alarm was answered with {status}: {answer}")
        starts[district.wait_for_order(json.loads(answer)["alarms"][0])] = start
    return starts


class District:
    """What can be asked there of orders, and what it tells by itself."""

    def __init__(self, cluster):
        data = cluster.data(DISTRICT)
        cluster.run("staff", "add", "bench", "--name", "bench", "--role", "clerk", "--data", data)
        scopes = ["--scope", "orders:read", "--scope", "alarms:read"]
        self.token = cluster.run("staff", "token", "bench", *scopes, "--data", data).strip()
        self.connection = Connection(cluster.address(DISTRICT))
        # Orders, and when they were first seen or told of.
        self.seen, self.told = {}, {}
        events = http.client.HTTPConnection(cluster.address(DISTRICT))
        events.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {self.token}"})
        self.stream = events.getresponse()
        if self.stream.status != 200:
            raise RuntimeError(self.stream.read())
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while text := self.stream.readline():
            now = time.perf_counter()
            if text.startswith(b"data: "):
                change = json.loads(text[6:])
                if change.get("kind") == "order":
                    self.told.setdefault(change["id"], now)

    def get(self, path):
        request = f"GET /api/v1/{path} HTTP/1.1\r\nHost: far\r\nAuthorization: Bearer {self.token}\r\n\r\n"
        status, answer = self.connection.ask(request.encode())
        return json.loads(answer) if status == 200 else None

    def wait_for_order(self, alarm):
        """The number of its order, once the order itself can be had."""
        deadline = time.perf_counter() + 60
        while time.perf_counter() < deadline:
            known = self.get(f"alarms/{alarm}")
            if known and known["orders"] and self.get(f"orders/{known['orders'][0]}"):
                self.seen[known["orders"][0]] = time.perf_counter()
                return known["orders"][0]
            time.sleep(0.001)
        raise TimeoutError(f"the order of alarm {alarm} is not at the district after a minute")


# ---- What all of them need ----


def broker_place(cluster):
    return next(code for code, node in cluster.nodes.items() if node.get("mqtt"))


def add_devices(cluster, place, name, kind, count):
    """Codes with their tokens."""
    data = cluster.data(place)
    codes = [f"{name}-{number}" for number in range(count)]
    with ThreadPoolExecutor(2) as pool:
        tokens = pool.map(lambda code: cluster.run("device", "add", code, "--kind", kind, "--data", data).strip(), codes)
        return list(zip(codes, tokens))


def gained(cluster, place, before):
    """Readings that were committed since; a message that counts as sent twice is an error of the benchmark."""
    now = cluster.metrics(place)
    for name in ("duplicates", "late", "undecodable", "set_aside"):
        if now[f"liandong_ingest_{name}_total"] > before[f"liandong_ingest_{name}_total"]:
            raise RuntimeError(f"readings that are {name}")
    return now["liandong_ingest_readings_total"] - before["liandong_ingest_readings_total"]


def peak_mib(cluster, place):
    """The most that the process has held since it began."""
    with open(f"/proc/{cluster.nodes[place]['pid']}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) / 1024


def p99(values):
    return statistics.quantiles(values, n=100)[98]
