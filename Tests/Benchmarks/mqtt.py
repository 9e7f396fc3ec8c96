"""Devices as MQTT clients: by libmosquitto, one thread for all, and the waiting in poll alone; or by bare packets, which
cost so little that a flood is what the broker and the node make of it."""

import ctypes
import json
import select
import socket
import time
from ctypes import CFUNCTYPE, POINTER, byref, c_bool, c_char_p, c_int, c_void_p

library = ctypes.CDLL("libmosquitto.so.1")


class Message(ctypes.Structure):
    _fields_ = [
        ("mid", c_int),
        ("topic", c_char_p),
        ("payload", c_void_p),
        ("payloadlen", c_int),
        ("qos", c_int),
        ("retain", c_bool),
    ]


ON_MESSAGE = CFUNCTYPE(None, c_void_p, c_void_p, POINTER(Message))
ON_PUBLISH = CFUNCTYPE(None, c_void_p, c_void_p, c_int)
ON_SUBSCRIBE = CFUNCTYPE(None, c_void_p, c_void_p, c_int, c_int, POINTER(c_int))

library.mosquitto_new.restype = c_void_p
library.mosquitto_new.argtypes = [c_char_p, c_bool, c_void_p]
library.mosquitto_username_pw_set.argtypes = [c_void_p, c_char_p, c_char_p]
library.mosquitto_connect.argtypes = [c_void_p, c_char_p, c_int, c_int]
library.mosquitto_subscribe.argtypes = [c_void_p, POINTER(c_int), c_char_p, c_int]
library.mosquitto_publish.argtypes = [c_void_p, POINTER(c_int), c_char_p, c_int, c_char_p, c_int, c_bool]
library.mosquitto_message_callback_set.argtypes = [c_void_p, ON_MESSAGE]
library.mosquitto_publish_callback_set.argtypes = [c_void_p, ON_PUBLISH]
library.mosquitto_subscribe_callback_set.argtypes = [c_void_p, ON_SUBSCRIBE]
library.mosquitto_lib_init()
for name in ("loop_read", "loop_write"):
    getattr(library, f"mosquitto_{name}").argtypes = [c_void_p, c_int]
for name in ("loop_misc", "disconnect", "destroy", "socket", "want_write"):
    getattr(library, f"mosquitto_{name}").argtypes = [c_void_p]
library.mosquitto_want_write.restype = c_bool


def check(code):
    if code != 0:
        raise RuntimeError(f"libmosquitto: {code}")


class Device:
    """A device with its one connection: it publishes, and hears the node's answers."""

    def __init__(self, host, port, code, token):
        self.topic = f"liandong/v1/devices/{code}/readings".encode()
        self.sent, self.published = {}, {}
        self.answered, self.acknowledged = [], []
        self.is_subscribed = False
        self.number = 0
        self.boot = str(time.time_ns())
        self.complaint = None
        self.client = library.mosquitto_new(None, True, None)
        # Kept, as the library has only pointers to them.
        self.callbacks = ON_MESSAGE(self.on_message), ON_PUBLISH(self.on_publish), ON_SUBSCRIBE(self.on_subscribe)
        library.mosquitto_message_callback_set(self.client, self.callbacks[0])
        library.mosquitto_publish_callback_set(self.client, self.callbacks[1])
        library.mosquitto_subscribe_callback_set(self.client, self.callbacks[2])
        check(library.mosquitto_username_pw_set(self.client, code.encode(), token.encode()))
        check(library.mosquitto_connect(self.client, host.encode(), port, 60))
        self.file = library.mosquitto_socket(self.client)
        with socket.socket(fileno=self.file) as held:
            held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            held.detach()
        check(library.mosquitto_subscribe(self.client, None, f"liandong/v1/ack/{code}".encode(), 0))

    def publish(self):
        self.number += 1
        payload = f'{{"boot":"{self.boot}","seq":{self.number},"values":{{"fill":{self.number % 101}}}}}'.encode()
        mid = c_int()
        now = time.perf_counter()
        self.sent[self.number] = now
        check(library.mosquitto_publish(self.client, byref(mid), self.topic, len(payload), payload, 1, False))
        self.published[mid.value] = now

    # What a callback throws goes nowhere: so these do not, and complaints are looked at later.

    def on_publish(self, _client, _self, mid):
        self.acknowledged.append(1e3 * (time.perf_counter() - self.published.pop(mid)))

    def on_message(self, _client, _self, message):
        now = time.perf_counter()
        answer = ctypes.string_at(message.contents.payload, message.contents.payloadlen)
        receipt = json.loads(answer)
        # Of what is still on its way from a connection before, another run speaks.
        if receipt.get("boot") != self.boot:
            return
        # One answer may be for several that came together: up to its number.
        answered = [number for number in self.sent if number <= receipt["seq"]]
        if not receipt.get("accepted") == receipt.get("publications", 1) == len(answered):
            self.complaint = answer
        self.answered += [1e3 * (now - self.sent.pop(number)) for number in answered]

    def on_subscribe(self, *_):
        self.is_subscribed = True

    def end(self):
        library.mosquitto_disconnect(self.client)
        library.mosquitto_destroy(self.client)


class Conversation:
    """What came of it, in milliseconds from publishing; what was not answered counts with as long as was waited."""

    def __init__(self, devices, share):
        now = time.perf_counter()
        self.answered = [value for device in devices for value in device.answered]
        self.unanswered = [1e3 * (now - sent) for device in devices for sent in device.sent.values()]
        self.acknowledged = [value for device in devices for value in device.acknowledged]
        # Of one core, by this client.
        self.share = share


def converse(host, port, known, rate, seconds, patience=10):
    """Publications of all devices in turn, so many a second; each is answered."""
    devices = [Device(host, port, *device) for device in known]
    by_file = {device.file: device for device in devices}
    poll = select.epoll()
    for file in by_file:
        poll.register(file, select.EPOLLIN)

    def listen(until):
        while True:
            left = until - time.perf_counter()
            for file, _ in poll.poll(max(0.0, left)):
                check(library.mosquitto_loop_read(by_file[file].client, 1))
            if left <= 0:
                return

    def listen_until(is_done, seconds):
        deadline = time.perf_counter() + seconds
        while not is_done() and time.perf_counter() < deadline:
            listen(time.perf_counter() + 0.01)
        return is_done()

    try:
        if not listen_until(lambda: all(device.is_subscribed for device in devices), 10):
            raise TimeoutError("the broker does not let the devices subscribe")
        begin, worked = time.perf_counter(), time.process_time()
        for index in range(round(rate * seconds)):
            listen(begin + index / rate)
            devices[index % len(devices)].publish()
        share = (time.process_time() - worked) / (time.perf_counter() - begin)
        listen_until(lambda: not any(device.sent for device in devices), patience)
        for device in devices:
            if device.complaint:
                raise RuntimeError(device.complaint)
        return Conversation(devices, share)
    finally:
        for device in devices:
            device.end()


class Flood:
    """A device's connection that publishes whole bundles with QoS 1, and takes acknowledgements as they come."""

    def __init__(self, host, port, code, token):
        name, secret = (code or "").encode(), (token or "").encode()
        self.head = text(f"liandong/v1/devices/{code or 'none'}/readings".encode())
        self.packet = 0
        self.unsent = memoryview(b"")
        self.unacknowledged = 0
        self.socket = socket.create_connection((host, port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # MQTT 3.1.1 §3.1: a clean session, a minute's keep-alive, and user name and password where there are any.
        rest = text(b"MQTT") + bytes([4, 0xC2 if name else 0x02]) + (60).to_bytes(2) + text(name)
        rest += text(name) + text(secret) if name else b""
        self.socket.sendall(b"\x10" + length(len(rest)) + rest)
        answer = self.socket.recv(4, socket.MSG_WAITALL)
        if answer != b"\x20\x02\x00\x00":
            raise ConnectionError(f"the broker does not let {code} in: {answer!r}")
        self.socket.setblocking(False)

    def put(self, payloads):
        """Gives a bundle; the one before it must have left."""
        packets = []
        for payload in payloads:
            self.packet = self.packet % 0xFFFF + 1
            size = len(self.head) + 2 + len(payload)
            packets.append(b"\x32" + length(size) + self.head + self.packet.to_bytes(2) + payload)
        self.unsent = memoryview(b"".join(packets))
        self.unacknowledged += len(packets)

    def work(self):
        """Sends and hears what can be without waiting."""
        if self.unsent:
            try:
                self.unsent = self.unsent[self.socket.send(self.unsent) :]
            except BlockingIOError:
                pass
        try:
            # Four bytes each; of what comes in pieces the rest is counted later.
            heard = self.socket.recv(1 << 16)
            if not heard:
                raise ConnectionError("the broker has closed the connection")
            self.unacknowledged -= len(heard) / 4
        except BlockingIOError:
            pass

    @property
    def is_done(self):
        return not self.unsent and self.unacknowledged == 0

    def end(self):
        self.socket.close()


def text(value):
    return len(value).to_bytes(2) + value


def length(value):
    """MQTT 3.1.1 §2.2.3."""
    digits = bytearray()
    while True:
        value, digit = divmod(value, 128)
        digits.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(digits)
