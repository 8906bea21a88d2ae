#!/usr/bin/env python3
"""Makes seeds of the fuzz targets that no other program writes. usage: make_seeds.py"""
import pathlib
import struct
import zlib

here = pathlib.Path(__file__).parent


def put(name, content):
    (here / name).write_bytes(content)


def npy(kind, shape, content):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + content


# The last unsigned number lies behind every float that comes from one.
put("npy/last_unsigned.npy", npy("<u4", "(3,)", struct.pack("<3I", 1, 4294967040, 4294967295)))
for kind, code in ("<u2", "H"), ("<u8", "Q"), ("<i4", "i"), ("<i8", "q"):
    put("npy/%s.npy" % kind[1:], npy(kind, "(2, 1)", struct.pack("<2" + code, 7, 64)))


def safetensors(header, content):
    return struct.pack("<Q", len(header)) + header.encode() + content


sizes = {"BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "U32": 4, "I32": 4, "U64": 8, "I64": 8,
         "F16": 2, "BF16": 2, "F32": 4, "F64": 8}
header, at = '{"__metadata__":{"format":"pt","\\u00fc \\"":"line\\n"}', 0
for code, size in sizes.items():
    header += ',"%s":{"dtype":"%s","shape":[1,2],"data_offsets":[%d,%d]}' % (code.lower(), code, at,
                                                                            at + 2 * size)
    at += 2 * size
header += ',"none":{"dtype":"F32","shape":[0],"data_offsets":[%d,%d]}}' % (at, at)
put("safetensors/every_type", safetensors(header, bytes(range(at))))
put("safetensors/nameless",
    safetensors('{"":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}', b"\7"))


def png(kind, depth, rows):
    def chunk(name, content):
        checksum = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)

    width = len(rows[0]) * 8 // depth // {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    pixels = b"".join(b"\0" + row for row in rows)
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">2I5B", width, len(rows), depth, kind, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(pixels, 9)) + chunk(b"IEND", b""))


put("palette_png/colours_16bit.png", png(2, 16, [bytes(range(12)), bytes(12)]))
put("palette_png/gray_alpha.png", png(4, 8, [bytes([1, 255, 2, 0]), bytes([0, 9, 2, 9])]))
put("palette_png/gray_2bit.png", png(0, 2, [bytes([0x1B]), bytes([0xE4])]))

# Pickles of protocol 2 with the operations that PyTorch's own files seldom have.
numbers = (b"\x8a\x00\x8a\x01\xff\x8a\x02\x00\x80\x8b\x08\x00\x00\x00" + b"\x01" * 8 +
           b"\x8a\x09" + b"\x01" * 9 + b"M\x07\x00J\xff\xff\xff\xffG\x3f\xe0" + b"\0" * 6)
texts = b"U\x01aT\x02\x00\x00\x00bcC\x01dB\x01\x00\x00\x00eX\x02\x00\x00\x00\xc3\xbc\x8c\x01f"
put("checkpoint/numbers.pkl", b"\x80\x02(" + numbers + b"l.")
put("checkpoint/texts.pkl", b"\x80\x02(" + texts + b"l.")
put("checkpoint/dropped.pkl", b"\x80\x02(K\x01K\x021K\x010K\x022\x86.")
put("checkpoint/builtins.pkl",
    b"\x80\x02}(U\x05modelcbuiltins\nset\n](K\x01e\x85RU\x01bc_codecs\nencode\n"
    b"X\x03\x00\x00\x00a\xc3\xbcU\x06latin1\x86Ru.")
put("checkpoint/view.pkl",
    b"\x80\x02(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04K\x01tQ.")


def zip64(name, content):
    checksum = zlib.crc32(content)
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 45, 0, 0, 0, 0, checksum, len(content), len(content),
                        len(name), 0) + name + content
    extra = struct.pack("<2H3Q", 1, 24, len(content), len(content), 0)
    directory = struct.pack("<4s6H3I5H2I", b"PK\1\2", 45, 45, 0, 0, 0, 0, checksum, 0xFFFFFFFF, 0xFFFFFFFF,
                            len(name), len(extra), 0, 0, 0, 0, 0xFFFFFFFF) + name + extra
    end = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(directory), len(local))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(local) + len(directory), 1)
    last = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return local + directory + end + locator + last


put("checkpoint/zip64.pth", zip64(b"a/data.pkl", b"\x80\x02}."))
