"""Says how many bytes of flash a 32-bit ELF program takes: flash.py PROGRAM"""

import struct
import sys

LOAD = 1

with open(sys.argv[1], "rb") as program:
    elf = program.read()
assert elf[:5] == b"\x7fELF\x01", "it is no 32-bit ELF program"
begin, = struct.unpack_from("<I", elf, 28)
size, count = struct.unpack_from("<HH", elf, 42)
segments = [struct.unpack_from("<8I", elf, begin + number * size) for number in range(count)]
print(sum(segment[4] for segment in segments if segment[0] == LOAD))
