"""Speaks to a node's broker as devices would, by Eclipse paho of PyPI as it is, over MQTT 5.

usage: devices.py --broker HOST:PORT --smoke CODE:TOKEN --bin CODE:TOKEN --liandong PROGRAM --data DIR
The two devices are registered at the node of DIR: a smoke detector and a waste bin. Exits 1, and says what, when
something is not as it should be.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from paho.mqtt.client import CallbackAPIVersion, Client, MQTTv5
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

READINGS = 200
NOT_AUTHORIZED = 0x87


class Device:
    """One device with a session that outlives its connections."""

    def __init__(self, broker: str, name: str, secret: str):
        self.name = name
        # What the broker answered, and what the node did.
        self.connections: list = []
        self.sessions: list[bool] = []
        self.ends: list = []
        self.acknowledged: dict[int, int] = {}
        self.subscribed: dict[int, int] = {}
        self.receipts: dict[int, dict] = {}
        self.changed = threading.Condition()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv5)
        self.client.username_pw_set(name, secret)
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.client.max_inflight_messages_set(10)
        self.client.on_connect = self.connected
        self.client.on_disconnect = self.disconnected
        self.client.on_publish = self.published
        self.client.on_subscribe = self.granted
        self.client.on_message = self.told
        host, port = broker.rsplit(":", 1)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 600
        self.client.connect(host, int(port), clean_start=False, properties=properties)
        self.client.loop_start()

    def note(self, where: dict, key: int, value: object) -> None:
        with self.changed:
            where[key] = value
            self.changed.notify_all()

    def connected(self, client, data, flags, code, properties) -> None:
        with self.changed:
            self.connections.append(code)
            if not code.is_failure:
                self.sessions.append(flags.session_present)
            self.changed.notify_all()

    def disconnected(self, client, data, flags, code, properties) -> None:
        with self.changed:
            self.ends.append(code)
            self.changed.notify_all()

    def published(self, client, data, mid, code, properties) -> None:
        self.note(self.acknowledged, mid, code.value)

    def granted(self, client, data, mid, codes, properties) -> None:
        self.note(self.subscribed, mid, codes[0].value)

    def told(self, client, data, message) -> None:
        receipt = json.loads(message.payload)
        self.note(self.receipts, receipt.get("seq", 0), receipt)

    def wait(self, condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
        with self.changed:
            if not self.changed.wait_for(condition, seconds):
                raise SystemExit(f"{self.name}: not within {seconds:.0f} s: {what}; {self.connections} {self.ends}")

    def send(self, body: object, to: str | None = None) -> int:
        """Publishes with QoS 1; gives the packet's number."""
        topic = f"liandong/v1/devices/{to or self.name}/readings"
        return self.client.publish(topic, json.dumps(body), qos=1).mid

    def acknowledgement(self, packet: int) -> int:
        self.wait(lambda: packet in self.acknowledged, f"an acknowledgement of packet {packet}")
        return self.acknowledged[packet]

    def receipt(self, number: int) -> dict:
        """What the node answers, after its commit, to the message of a number."""
        self.wait(lambda: number in self.receipts, f"the node's answer to {number}")
        return self.receipts[number]

    def subscribe(self, name: str) -> None:
        """Asks for what the node answers a device."""
        packet = self.client.subscribe(f"liandong/v1/ack/{name}", qos=1)[1]
        self.wait(lambda: packet in self.subscribed, "an answer to a subscription")

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Checks:
    def __init__(self, broker: str, liandong: list[str]):
        self.broker, self.liandong = broker, liandong
        self.flaws: list[str] = []

    def expect(self, truth: bool, what: str) -> None:
        if not truth:
            self.flaws.append(what)

    def ask(self, *arguments: str) -> dict:
        command = [self.liandong[0], *arguments, "--data", self.liandong[1], "--json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def values(self, device: str, series: str) -> list[str]:
        found = self.ask("series", "query", device, series, "--resolution", "raw", "--limit", "10000")
        return [one["value"] for one in found["readings"]]

    def wrong_secret(self, name: str) -> None:
        device = Device(self.broker, name, "ldd_of_somebody_else")
        device.wait(lambda: len(device.connections) > 0, "an answer to a wrong secret")
        self.expect(device.connections[0].is_failure, f"a wrong secret is refused: {device.connections[0]}")
        device.leave()

    def alarm(self, smoke: Device) -> None:
        """The node answers a fire once it is an alarm, and both forms of a message."""
        smoke.subscribe(smoke.name)
        packet = smoke.send({"boot": "p", "seq": 1, "values": {"smoke": False, "battery": 88}})
        self.expect(smoke.acknowledgement(packet) == 0, "the JSON form is acknowledged")
        self.expect(smoke.receipt(1)["accepted"] == 2, f"two readings: {smoke.receipts[1]}")
        pack = [{"bn": f"{smoke.name}/", "boot": "p", "seq": 2, "n": "smoke", "vb": True}, {"n": "battery", "v": 87}]
        self.expect(smoke.acknowledgement(smoke.send(pack)) == 0, "SenML is acknowledged")
        receipt = smoke.receipt(2)
        self.expect(receipt["accepted"] == 2 and len(receipt["alarms"]) == 1, f"SenML raises an alarm: {receipt}")
        shown = self.ask("alarm", "show", receipt["alarms"][0])
        self.expect(shown["device"] == smoke.name and shown["raised"], f"the alarm is there with the answer: {shown}")
        smoke.send(pack)
        packet = smoke.send({"boot": "p", "seq": 3, "values": {"battery": 86}})
        smoke.acknowledgement(packet)
        smoke.receipt(3)
        self.expect(smoke.receipts[2]["duplicates"] == 1, f"what is sent again counts once: {smoke.receipts[2]}")
        self.expect(self.values(smoke.name, "battery") == ["88", "87", "86"], "what was answered is kept, once")

    def others(self, smoke: Device, bin: Device) -> None:
        """Nothing of another's is to be had."""
        packet = smoke.send({"boot": "x", "seq": 900, "values": {"fill": 1}}, to=bin.name)
        code = smoke.acknowledgement(packet)
        self.expect(code == NOT_AUTHORIZED, f"another's topic is refused with {NOT_AUTHORIZED}: {code}")
        # mosquitto grants the subscription, and looks at rights where it would deliver.
        smoke.subscribe(bin.name)
        bin.subscribe(bin.name)
        bin.acknowledgement(bin.send({"boot": "p", "seq": 901, "values": {"battery": 70}}))
        bin.receipt(901)
        # Its own answer comes after what it must not be told.
        smoke.acknowledgement(smoke.send({"boot": "p", "seq": 4, "values": {"battery": 85}}))
        smoke.receipt(4)
        self.expect(901 not in smoke.receipts, "it is not told what another is answered")

    def dropped(self, bin: Device) -> None:
        """The broker drops it in the middle of what it sends; its session goes on where it was."""
        def fill(number: int) -> int:
            return bin.send({"boot": "p", "seq": number, "values": {"fill": number}})

        packets = [fill(number) for number in range(1, READINGS // 2)]
        before = len(bin.ends)
        # More than the broker takes; with QoS 0, as it would be sent again and again.
        bin.client.publish(f"liandong/v1/devices/{bin.name}/readings", b" " * (2 << 20), qos=0)
        packets += [fill(number) for number in range(READINGS // 2, READINGS + 1)]
        bin.wait(lambda: len(bin.ends) > before, "the broker drops who sends too much")
        bin.wait(lambda: len(bin.sessions) > 1, "it is let in again")
        self.expect(bin.sessions[-1], "the broker has kept its session")
        codes = [bin.acknowledgement(packet) for packet in packets]
        self.expect(set(codes) <= {0, 0x10}, f"all is acknowledged: {set(codes)}")
        bin.acknowledgement(fill(READINGS + 1))
        # Nothing was subscribed to since: the subscription is the session's.
        bin.receipt(READINGS + 1)
        kept = self.values(bin.name, "fill")
        self.expect(sorted(map(int, kept)) == list(range(1, READINGS + 2)), f"all that was acknowledged, once: {kept}")


def let_in(broker: str, name: str, secret: str) -> Device:
    """The broker is told of a device a moment after it is registered."""
    for _ in range(20):
        device = Device(broker, name, secret)
        device.wait(lambda: len(device.connections) > 0, "an answer to a connection")
        if not device.connections[0].is_failure:
            return device
        device.leave()
        time.sleep(0.5)
    raise SystemExit(f"{name} is not let in: {device.connections}")


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("broker", "smoke", "bin", "liandong", "data"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    checks = Checks(arguments.broker, [arguments.liandong, arguments.data])
    smoke = let_in(arguments.broker, *arguments.smoke.split(":", 1))
    bin = let_in(arguments.broker, *arguments.bin.split(":", 1))
    checks.alarm(smoke)
    checks.others(smoke, bin)
    checks.dropped(bin)
    smoke.leave()
    bin.leave()
    checks.wrong_secret(smoke.name)
    for flaw in checks.flaws:
        print(flaw, file=sys.stderr)
    return 1 if checks.flaws else 0


if __name__ == "__main__":
    sys.exit(main())
