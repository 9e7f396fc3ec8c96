"""Devices as MQTT clients, by libmosquitto: one thread for all, and the waiting in poll alone."""

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
        if receipt.get("accepted") != 1:
            self.complaint = answer
        self.answered.append(1e3 * (now - self.sent.pop(receipt["seq"])))

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
