"""What two Ockam nodes say to each other, as bytes: sections 1 to 3 and 5 of docs/protocol.md.

The numbers in comments are the rules of that document: 2.4 is rule 4 of section 2.
"""

from dataclasses import dataclass
from typing import Iterator, NamedTuple

PREFACE = b"\x01"
MAX_FRAME_LEN = 16 * 1024 * 1024
MAX_ROUTE_LEN = 32
MAX_NAME_LEN = 255
MAX_LEVELS = 64

# The kinds of CBOR items.
UNSIGNED, BYTES, TEXT, ARRAY, MAP, TAG = 0, 2, 3, 4, 5, 6
NULL, BREAK = 0xF6, 0xFF


class ProtocolError(Exception):
    """The peer broke a rule: its connection has to be closed."""


class Address(NamedTuple):
    transport: int
    name: bytes

    def __str__(self) -> str:
        return f"{self.transport}#{self.name.decode(errors='backslashreplace')}"


@dataclass
class Message:
    onward_route: list[Address]
    return_route: list[Address]
    payload: bytes

    def is_within_limits(self) -> bool:
        routes = self.onward_route, self.return_route
        names = (address.name for route in routes for address in route)
        return max(map(len, routes)) <= MAX_ROUTE_LEN and all(len(n) <= MAX_NAME_LEN for n in names)


class Reader:
    """Reads a message from the bytes of a frame (section 3), without building what it skips."""

    def __init__(self, data: bytes):
        self.data, self.offset = data, 0

    def take(self, length: int) -> bytes:
        taken = self.data[self.offset : self.offset + length]
        if len(taken) < length:
            raise ProtocolError(f"the message ends early, at byte {len(self.data)}")
        self.offset += length
        return taken

    def head(self) -> tuple[int, int | None, int]:
        """Returns the kind of an item, its number (none in an indefinite length) and its first byte."""
        first = self.take(1)[0]
        kind, number = first >> 5, first & 31
        if 24 <= number <= 27:
            number = int.from_bytes(self.take(1 << number - 24), "big")
        elif number == 31 and kind not in (UNSIGNED, 1, TAG):
            return kind, None, first
        if (first & 31 > 27) or (first == 0xF8 and number < 32):
            raise self.not_cbor()
        return kind, number, first

    def not_cbor(self) -> ProtocolError:
        return ProtocolError(f"an item in front of byte {self.offset} is not CBOR")

    def at_break(self) -> bool:
        if self.take(1)[0] == BREAK:
            return True
        self.offset -= 1
        return False

    def elements(self, number: int | None) -> Iterator[bool]:
        """Yields before each element, which the caller reads."""
        if number is None:
            while not self.at_break():
                yield True
        else:
            for _ in range(number):
                yield True

    def array(self, what: str) -> Iterator[bool]:
        kind, number, _ = self.head()
        if kind != ARRAY:
            raise ProtocolError(f"{what} in front of byte {self.offset} is not an array")
        return self.elements(number)

    def require(self, elements: Iterator[bool], what: str):
        if not next(elements, False):
            raise ProtocolError(f"{what} is missing at byte {self.offset}")

    def byte_string(self, what: str) -> bytes:
        kind, length, _ = self.head()
        if kind != BYTES or length is None:
            raise ProtocolError(f"{what} is not a byte string of known length")
        return self.take(length)

    def skip_string(self, kind: int, length: int | None):
        if length is None:
            while not self.at_break():
                chunk_kind, chunk_length, _ = self.head()
                if chunk_kind != kind or chunk_length is None:
                    raise self.not_cbor()
                self.skip_string(kind, chunk_length)
        else:
            chunk = self.take(length)
            if kind == TEXT:
                utf8(chunk)

    def skip(self, level: int = 0):
        """Reads any item and forgets it."""
        if level > MAX_LEVELS:
            raise ProtocolError(f"an element has more than {MAX_LEVELS} levels")
        kind, number, _ = self.head()
        if kind in (BYTES, TEXT):
            self.skip_string(kind, number)
        elif kind in (ARRAY, MAP):
            pairs = 2 if kind == MAP else 1
            count = 0
            for _ in self.elements(None if number is None else number * pairs):
                self.skip(level + 1)
                count += 1
            if count % pairs:
                raise self.not_cbor()
        elif kind == TAG:
            self.skip(level + 1)
        elif number is None:  # a break where none belongs
            raise self.not_cbor()

    def address(self) -> Address:
        fields = self.array("an address")
        self.require(fields, "a transport type")
        kind, transport, _ = self.head()
        if kind != UNSIGNED or transport > 255:
            raise ProtocolError(f"the number in front of byte {self.offset} is no transport type")
        self.require(fields, "a name")
        name = self.byte_string("a name")
        for _ in fields:
            self.skip()
        return Address(transport, name)

    def route(self, what: str) -> list[Address]:
        route = []
        for _ in self.array(what):
            address = self.address()
            if len(route) <= MAX_ROUTE_LEN:  # one more than allowed shows that there are too many
                route.append(address)
        return route

    def message(self) -> Message:
        fields = self.array("the message")
        self.require(fields, "the onward route")
        onward_route = self.route("the onward route")
        self.require(fields, "the return route")
        return_route = self.route("the return route")
        self.require(fields, "the payload")
        payload = self.byte_string("the payload")
        if next(fields, False):
            kind, length, first = self.head()
            if kind == TEXT:
                self.skip_string(kind, length)
            elif first != NULL:
                raise ProtocolError("the tracing context is neither text nor null")
        for _ in fields:
            self.skip()
        return Message(onward_route, return_route, payload)


def utf8(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise ProtocolError("a text is not UTF-8") from None


def head(kind: int, number: int) -> bytes:
    """Writes the head of an item in its shortest form (3.1)."""
    if number < 24:
        return bytes([kind << 5 | number])
    width = next(width for width in range(4) if number < 1 << (8 << width))
    return bytes([kind << 5 | 24 + width]) + number.to_bytes(1 << width, "big")


def encode_route(route: list[Address]) -> bytes:
    addresses = (
        head(ARRAY, 2) + head(UNSIGNED, address.transport) + head(BYTES, len(address.name)) + address.name
        for address in route
    )
    return head(ARRAY, len(route)) + b"".join(addresses)


def encode_frame(message: Message) -> bytes:
    routes = encode_route(message.onward_route) + encode_route(message.return_route)
    payload = head(BYTES, len(message.payload)) + message.payload
    encoded = head(ARRAY, 3) + routes + payload
    if len(encoded) > MAX_FRAME_LEN:  # 2.3
        raise ValueError(f"message of {len(encoded)} bytes is larger than {MAX_FRAME_LEN}: send less at a time")
    return len(encoded).to_bytes(4, "big") + encoded


class Decoder:
    """Turns the bytes of one direction into messages: the preface, then frames (sections 1 and 2)."""

    def __init__(self):
        self.buffer, self.greeted = bytearray(), False

    def feed(self, data: bytes) -> Iterator[Message]:
        """Takes bytes that arrived and yields the messages that are whole now."""
        self.buffer += data
        if not self.greeted and self.buffer:
            if not self.buffer.startswith(PREFACE):
                raise ProtocolError(f"the first byte is {self.buffer[0]:02x}, not 01: this is no node")
            self.greeted = True
            del self.buffer[:1]
        while len(self.buffer) >= 4:
            end = 4 + int.from_bytes(self.buffer[:4], "big")
            if end > 4 + MAX_FRAME_LEN:
                raise ProtocolError(f"a frame of {end - 4} bytes is too large")
            if len(self.buffer) < end:
                return
            message = Reader(bytes(self.buffer[4:end])).message()
            del self.buffer[:end]
            # A heartbeat is ignored (4.5), what is over a limit is dropped (3.13).
            if message.onward_route and message.is_within_limits():
                yield message


def encode_string(text: str) -> bytes:
    """Writes the body of a `String`: a varint of its length, and its UTF-8 bytes (5.3)."""
    encoded, varint = text.encode(), bytearray()
    length = len(encoded)
    while length > 127:
        varint.append(length & 127 | 128)
        length >>= 7
    return bytes(varint) + bytes([length]) + encoded


def decode_string(payload: bytes) -> str:
    length, shift = 0, 0
    for offset, byte in enumerate(payload[:10], 1):
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            text = payload[offset : offset + length]
            if len(text) == length:
                return text.decode()  # a UnicodeDecodeError is a ValueError
            break
    raise ValueError("the body is not a String")
