#!/usr/bin/env python3
"""Tests wire.py, notice.py and ockam_node.py against the golden vectors: python3 test_ockam_node.py [VECTORS_DIR]"""

import json
import pathlib
import random
import socket
import sys
import threading
import unittest

import notice
import ockam_node
import wire
from ockam_node import Connection
from wire import PREFACE, Address, Decoder, Message, ProtocolError, encode_frame

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent.parent / "docs" / "vectors"


def vectors(name):
    return json.loads((VECTORS / name).read_text())


def unhex(value):
    """Reads hex, or `{head, repeat, times, tail}` with one repeated byte in the middle."""
    if isinstance(value, str):
        return bytes.fromhex(value)
    part = {key: bytes.fromhex(value.get(key, "")) for key in ("head", "repeat", "tail")}
    return part["head"] + part["repeat"] * value["times"] + part["tail"]


def route(addresses):
    return [Address(address["type"], bytes.fromhex(address["hex"])) for address in addresses]


def meaning(case):
    return Message(route(case["onward_route"]), route(case["return_route"]), unhex(case["payload"]))


def read(frame):
    """Reads a frame, and one behind it, which shows that the connection goes on."""
    after = Message([Address(0, b"after")], [], b"")
    messages = list(Decoder().feed(PREFACE + frame + encode_frame(after)))
    assert messages.pop() == after
    assert len(messages) < 2
    return messages[0] if messages else None


class Frames(unittest.TestCase):
    def test_every_frame_is_read_as_what_it_means(self):
        cases = vectors("tcp-frames.json")["frames"]
        for case in cases:
            with self.subTest(case["name"]):
                expected = meaning(case["decoded"])
                self.assertEqual(read(unhex(case["frame"])), expected if expected.onward_route else None)
        self.assertGreater(len(cases), 30)

    def test_what_is_written_is_the_frame_without_tracing(self):
        same = 0
        for case in vectors("tcp-frames.json")["frames"]:
            with self.subTest(case["name"]):
                frame, tracing = unhex(case["frame"]), case["decoded"]["tracing_context"]
                if tracing is None:
                    same += 1
                else:
                    text = wire.head(3, len(tracing)) + tracing.encode()
                    self.assertTrue(frame.endswith(text))
                    body = b"\x83" + frame[5 : len(frame) - len(text)]
                    frame = len(body).to_bytes(4, "big") + body
                self.assertEqual(encode_frame(meaning(case["decoded"])), frame)
        self.assertEqual(same, 6)

    def test_every_spelling_has_its_outcome(self):
        for case in vectors("tcp-tolerance.json")["frames"]:
            with self.subTest(case["name"]):
                frame = unhex(case["frame"])
                if case["outcome"] == "connection closed":
                    self.assertRaises(ProtocolError, read, frame)
                elif case["outcome"] == "delivered":
                    message = read(frame)
                    self.assertEqual(message.onward_route, route(case["onward_route"]))
                    self.assertEqual(message.return_route, route(case["return_route_without_the_local_hop"]))
                    self.assertEqual(message.payload, unhex(case["payload"]))
                else:
                    message = read(frame)
                    self.assertTrue(message is None or message.onward_route[0] not in ockam_node.WORKERS)

    def test_only_the_right_preface_lets_frames_in(self):
        frame = encode_frame(Message([Address(0, b"echoer")], [], b""))
        for case in vectors("tcp-tolerance.json")["prefaces"]:
            with self.subTest(case["preface"]):
                feed = Decoder().feed(bytes.fromhex(case["preface"]) + frame)
                if case["outcome"] == "connection stays":
                    self.assertEqual(len(list(feed)), 1)
                else:
                    self.assertRaises(ProtocolError, list, feed)

    def test_the_largest_frame_is_written_and_read_and_a_larger_one_is_not(self):
        for case in vectors("tcp-tolerance.json")["sizes"]:
            size = case["bytes_after_length_prefix"]
            message = Message([Address(0, b"echoer")], [], bytes(size - 17))
            if case["outcome"] == "delivered":
                self.assertEqual(read(encode_frame(message)), message)
            else:
                self.assertRaises(ValueError, encode_frame, message)
                self.assertRaises(ProtocolError, list, Decoder().feed(PREFACE + size.to_bytes(4, "big")))

    def test_pieces_change_nothing(self):
        frames = [unhex(case["frame"]) for case in vectors("tcp-frames.json")["frames"]]
        stream = PREFACE + b"".join(frame for frame in frames if len(frame) < 500)
        whole = list(Decoder().feed(stream))
        for size in (1, 3, 50):
            decoder, pieces = Decoder(), []
            for start in range(0, len(stream), size):
                pieces += decoder.feed(stream[start : start + size])
            self.assertEqual(pieces, whole)

    def test_limits_drop_the_message_and_keep_the_connection(self):
        hop = Address(0, b"h")
        self.assertIsNotNone(read(encode_frame(Message([hop] * 32, [hop] * 32, b""))))
        self.assertIsNone(read(encode_frame(Message([hop] * 33, [], b""))))
        self.assertIsNone(read(encode_frame(Message([hop], [Address(0, b"n" * 256)], b""))))

    def test_changed_frames_are_read_or_refused(self):
        chance = random.Random(1)
        seeds = [unhex(case["frame"])[4:] for case in vectors("tcp-tolerance.json")["frames"]]
        seeds = [seed for seed in seeds if 0 < len(seed) < 100]
        for _ in range(20_000):
            body = bytearray(chance.choice(seeds))
            for _ in range(chance.randrange(1, 4)):
                body[chance.randrange(len(body))] = chance.choice([chance.randrange(256), 0x9F, 0xBF, 0xFF])
            try:
                read(len(body).to_bytes(4, "big") + body)
            except ProtocolError:
                pass

    def test_nesting_is_refused_and_not_followed_for_ever(self):
        for byte in (0x81, 0x9F, 0xA1, 0xBF, 0xC1):
            body = bytes.fromhex("85 81820041 61 80 40 f6") + bytes([byte]) * 100_000
            self.assertRaises(ProtocolError, read, len(body).to_bytes(4, "big") + body)


class Bodies(unittest.TestCase):
    def test_every_string_is_written_and_read(self):
        found = 0
        for case in vectors("message-bodies.json")["encoded"]:
            if case["type"] == "String":
                value = case["value"]
                text = value if isinstance(value, str) else value["repeat"] * value["times"]
                self.assertEqual(wire.encode_string(text), unhex(case["hex"]))
                self.assertEqual(wire.decode_string(unhex(case["hex"]) + b"\xff"), text)
                found += 1
        self.assertGreater(found, 3)

    def test_what_is_no_string_is_an_error(self):
        for body in ("", "05", "0561", "01ff", "ff" * 20, "8080808080808080808080"):
            self.assertRaises(ValueError, wire.decode_string, bytes.fromhex(body))


class Notices(unittest.TestCase):
    cases = vectors("failure-notices.json")

    def means(self, decoded):
        mismatch = decoded["mismatch"] and notice.Mismatch(**decoded["mismatch"])
        return notice.Notice(decoded["reason"], decoded["kind"], decoded["texts"], mismatch)

    def test_every_notice_is_read_and_written(self):
        for case in self.cases["notices"]:
            with self.subTest(case["name"]):
                self.assertEqual(notice.decode(unhex(case["payload"])), self.means(case["decoded"]))
                self.assertEqual(self.means(case["decoded"]).encode(), unhex(case["payload"]))
        self.assertGreater(len(self.cases["notices"]), 20)

    def test_every_spelling_is_read_as_what_it_means(self):
        for case in self.cases["spellings"]:
            with self.subTest(case["name"]):
                self.assertEqual(notice.decode(unhex(case["payload"])), self.means(case["decoded"]))

    def test_what_is_no_notice_is_refused(self):
        for case in self.cases["refused"]:
            with self.subTest(case["name"]):
                self.assertRaises(ProtocolError, notice.decode, unhex(case["payload"]))

    def test_names_ask_for_notices_as_in_the_vectors(self):
        for case in self.cases["names"]:
            name = notice.asker_name(bytes.fromhex(case["random"]))
            self.assertEqual(name, case["asks_for_notices"].encode())
            address = notice.notice_address(Address(0, name))
            self.assertEqual(address, Address(0, case["notices"].encode()))
            for key in ("without_notices", "notices"):
                self.assertIsNone(notice.notice_address(Address(0, case[key].encode())))
        for case in self.cases["other_names"]:
            self.assertIsNone(notice.notice_address(Address(0, bytes.fromhex(case["hex"]))))

    def test_a_notice_goes_along_the_return_route(self):
        for case in self.cases["exchanges"]:
            ask = meaning(case["ask"]["decoded"])
            self.assertEqual(encode_frame(ask), unhex(case["ask"]["frame"]))
            failure = notice.refused(ask.return_route, ask.payload)
            self.assertEqual(failure is None, case["notice"] is None, case["name"])
            if failure:
                expected = meaning(case["notice"]["decoded"])
                self.assertEqual(encode_frame(expected), unhex(case["notice"]["frame"]))
                self.assertEqual(failure[0], expected.onward_route)
                self.assertEqual(expected.return_route, ask.onward_route)


class Connections(unittest.TestCase):
    def setUp(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.peer = socket.create_connection(listener.getsockname(), 10)
            self.served, _ = listener.accept()

    def tearDown(self):
        self.peer.close()

    def test_the_echoer_answers_along_the_return_route_and_ignores_others(self):
        places = threading.Semaphore(0)
        thread = threading.Thread(target=ockam_node.serve, args=(self.served, places))
        thread.start()
        connection = Connection(self.peer)
        me = ockam_node.random_address()
        for name, body in (("nobody", b"\x01a"), ("echoer", b"\x05a"), ("echoer", b"\x01a")):
            hops = [connection.address, ockam_node.local(name)]
            connection.send(Message(hops, [me], body))
        answer = next(connection.messages())
        self.assertEqual(answer.onward_route, [me])
        self.assertEqual(answer.return_route, [connection.address, ockam_node.ECHOER])
        self.assertEqual(answer.payload, b"\x01a")
        connection.close()
        thread.join(10)
        self.assertFalse(thread.is_alive())
        self.assertTrue(places.acquire(blocking=False), "its place is free")

    def test_a_peer_that_breaks_a_rule_is_closed_without_an_answer(self):
        places = threading.Semaphore(0)
        thread = threading.Thread(target=ockam_node.serve, args=(self.served, places))
        thread.start()
        self.peer.sendall(PREFACE + b"\0\0\0\x01\xa0")
        self.peer.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: self.peer.recv(100), b""))
        self.assertEqual(received, PREFACE)
        thread.join(10)
        self.assertFalse(thread.is_alive())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        VECTORS = pathlib.Path(sys.argv.pop(1))
    unittest.main()
