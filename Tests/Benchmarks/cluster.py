"""Real processes of a cluster, and what is seen of them from outside."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    def __init__(self, binary, folder, topology="cluster/demo.yaml"):
        self.binary, self.folder = binary, folder
        self.own = {}
        self.run("cluster", "up", topology, "--dir", folder)
        self.refresh()

    def run(self, *arguments):
        return subprocess.run([self.binary, *arguments], check=True, capture_output=True, text=True).stdout

    def refresh(self):
        status = json.loads(self.run("cluster", "status", "--json", "--dir", self.folder))
        self.nodes = {node["place_code"]: node for node in status["nodes"]}

    def link(self, verb, a, b):
        self.run("cluster", verb, self.nodes[a]["name"], self.nodes[b]["name"], "--dir", self.folder)

    def stop(self, *places):
        """Stops nodes cleanly; returns when their processes are gone."""
        for place in places:
            process = self.own.pop(place, None)
            if process:
                process.terminate()
                process.wait()
            else:
                os.kill(self.nodes[place]["pid"], signal.SIGTERM)
        for place in places:
            while os.path.exists(f"/proc/{self.nodes[place]['pid']}"):
                time.sleep(0.01)

    def start(self, *places):
        """Starts nodes that were stopped; returns when each is ready."""
        for place in places:
            node = self.nodes[place]
            self.own[place] = subprocess.Popen(
                [self.binary, "serve", "--data", node["data_dir"]],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            node["pid"] = self.own[place].pid
        for place in places:
            self.wait_until_ready(place)

    def wait_until_ready(self, place):
        begin = time.perf_counter()
        while time.perf_counter() - begin < 120:
            try:
                with urllib.request.urlopen(self.nodes[place]["http"].rstrip("/") + "/readyz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                if self.own[place].poll() is not None:
                    raise
            time.sleep(0.005)
        raise TimeoutError(f"{place} is not ready after two minutes")

    def join(self, name, place):
        """Enrols one more node of a place, and stops it; it goes by its name here."""
        node = self.nodes[place]
        parts = ["--tier", node["tier"], "--name", name, "--code", place]
        token = self.run("invite", "--data", self.data("441202000000"), *parts).strip()
        data = os.path.join(self.folder, name)
        peers, http = free_port(), free_port()
        self.run("join", token, "--data", data, "--listen", f"127.0.0.1:{peers}", "--http", f"127.0.0.1:{http}")
        self.nodes[name] = {"name": name, "data_dir": data, "http": f"http://127.0.0.1:{http}/", "tier": node["tier"]}

    def wait_until_known(self, name, place):
        """Returns when a node has heard that another was enrolled."""
        for _ in range(300):
            answer = subprocess.run(
                [self.binary, "status", "--json", "--data", self.data(place)], capture_output=True, text=True
            )
            if answer.stdout and any(row["node"] == name for row in json.loads(answer.stdout)["nodes"]):
                return
            time.sleep(0.1)
        raise TimeoutError(f"{place} has not heard of {name} after half a minute")

    def data(self, place):
        return self.nodes[place]["data_dir"]

    def down(self):
        for process in self.own.values():
            process.terminate()
            process.wait()
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

    def deltas(self, place):
        return self.metrics(place)["liandong_deltas"]

    def resident_bytes(self, place):
        with open(f"/proc/{self.nodes[place]['pid']}/status") as status:
            return 1024 * int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
