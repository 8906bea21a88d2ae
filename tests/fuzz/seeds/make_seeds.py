#!/usr/bin/env python3
"""Makes seeds of the fuzz targets that no other program writes. usage: make_seeds.py"""
import pathlib
import struct

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
