"""What a node says of an ask that failed: section 8 of docs/protocol.md, whose rules the numbers name."""

import secrets
from dataclasses import dataclass, field

from wire import ARRAY, NULL, TEXT, UNSIGNED, Address, ProtocolError, Reader, head, utf8

HEAD = bytes.fromhex("ffffffffffffffffff01")
MAX_LEN, MAX_TEXTS, MAX_TEXT_LEN, MAX_TYPE_LEN = 1024, 8, 512, 128  # 8.4
HEX, ASKS = b"0123456789abcdef", b"ghijklmnopqrstuv"

REASONS = {
    0: "failed to handle the message",
    1: "panicked",
    2: "ended before it handled the message",
    3: "was killed before it had handled the message",
    4: "had no room for the message for too long",
    5: "could not read the body",
    6: "does not exist",
    7: "may not be reached from here",
    8: "could not be sent the message",
}
UNDECODABLE, ENCODING = 5, 3
FAILED, LAST_KIND = 8, 11


class RemoteFailure(Exception):
    """The question reached the other node, and failed there."""


@dataclass
class Mismatch:
    expected: str
    len: int
    left_over: int | None = None


@dataclass
class Notice:
    reason: int
    kind: int
    texts: list[str] = field(default_factory=list)
    mismatch: Mismatch | None = None

    def encode(self) -> bytes:
        """Writes a notice, which the caller keeps within the limits."""
        fields = [number(self.reason), number(self.kind), array(map(text, self.texts))]
        if mismatch := self.mismatch:
            parts = [text(mismatch.expected), number(mismatch.len)]
            if mismatch.left_over is not None:  # what is absent is left out (8.3)
                parts.append(number(mismatch.left_over))
            fields.append(array(parts))
        return HEAD + array(fields)

    def __str__(self) -> str:
        what = REASONS.get(self.reason, f"failed (reason {self.reason})")
        if not self.texts and (mismatch := self.mismatch):
            return f"{what}: its {mismatch.len} bytes are not a `{mismatch.expected}`"
        return ": ".join([what, *self.texts])


def number(value: int) -> bytes:
    return head(UNSIGNED, value)


def text(value: str) -> bytes:
    return head(TEXT, len(value.encode())) + value.encode()


def array(elements) -> bytes:
    elements = list(elements)
    return head(ARRAY, len(elements)) + b"".join(elements)


def decode(payload: bytes) -> Notice:
    """Reads a notice.

    Raises a ProtocolError if it is none, which ends neither the ask nor the connection (8.6).
    """
    if len(payload) > MAX_LEN:
        raise ProtocolError(f"a notice of {len(payload)} bytes is over the limit")
    if not payload.startswith(HEAD):
        raise ProtocolError("the payload is no notice")
    reader = NoticeReader(payload[len(HEAD) :])
    fields = reader.array("the notice")
    reader.require(fields, "the reason")
    reason = reader.number("the reason", 255)
    reader.require(fields, "the kind")
    kind = reader.number("the kind", 255)
    reader.require(fields, "the texts")
    notice = Notice(reason, kind if kind <= LAST_KIND else FAILED, reader.texts())
    if next(fields, False) and not reader.at_null():
        notice.mismatch = reader.mismatch()
    for _ in fields:
        reader.skip()
    return notice


class NoticeReader(Reader):
    def number(self, what: str, limit: int = (1 << 64) - 1) -> int:
        kind, value, _ = self.head()
        if kind != UNSIGNED or value > limit:
            raise ProtocolError(f"{what} is no number up to {limit}")
        return value

    def text(self, what: str, limit: int) -> str:
        kind, length, _ = self.head()
        if kind != TEXT or length is None:
            raise ProtocolError(f"{what} is not a text of known length")
        if length > limit:
            raise ProtocolError(f"{what} is over the limit of {limit} bytes")
        return utf8(self.take(length))

    def at_null(self) -> bool:
        if self.take(1)[0] == NULL:
            return True
        self.offset -= 1
        return False

    def texts(self) -> list[str]:
        texts, room = [], MAX_TEXT_LEN
        for _ in self.array("the texts"):
            if len(texts) == MAX_TEXTS:
                raise ProtocolError(f"there are more than {MAX_TEXTS} texts")
            one = self.text("a text", room)
            room -= len(one.encode())
            texts.append(escaped(one))
        return texts

    def mismatch(self) -> Mismatch:
        fields = self.array("what was expected")
        self.require(fields, "the expected type")
        expected = escaped(self.text("the expected type", MAX_TYPE_LEN))
        self.require(fields, "the length of the body")
        mismatch = Mismatch(expected, self.number("the length of the body"))
        if next(fields, False) and not self.at_null():
            mismatch.left_over = self.number("what was left over")
        for _ in fields:
            self.skip()
        return mismatch


def escaped(value: str) -> str:
    """Escapes what could change a terminal (8.4)."""
    short = {"\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
    is_control = lambda char: ord(char) < 32 or 127 <= ord(char) < 160
    return "".join(short.get(c, f"\\u{{{ord(c):x}}}") if is_control(c) else c for c in value)


def asker_name(random: bytes) -> bytes:
    """Makes a reply name that asks for notices."""
    digits = random.hex().encode()
    return bytes([ASKS[HEX.index(digits[0])]]) + digits[1:]


def random_asker() -> Address:
    return Address(0, asker_name(secrets.token_bytes(16)))


def notice_address(asker: Address) -> Address | None:
    """Returns where a notice for an asker goes; none if it asks for no notices (8.1)."""
    first, digits = asker.name[:1], asker.name[1:]
    is_one = asker.transport == 0 and len(digits) == 31 and first and first in ASKS
    return Address(0, first.upper() + digits) if is_one and all(digit in HEX for digit in digits) else None


def refused(request_route: list[Address], body: bytes) -> tuple[list[Address], bytes] | None:
    """Returns the route and the payload of the notice that a body was not a String; none if it was not asked for."""
    notices = request_route and notice_address(request_route[-1])
    if not notices:
        return None
    notice = Notice(UNDECODABLE, ENCODING, [], Mismatch("String", len(body)))
    return [*request_route[:-1], notices], notice.encode()
