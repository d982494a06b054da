"""The bytes of a write that has a size and a seed."""

import functools

STRETCH = 1 << 16
RING = bytes(range(256)) * 2


def payload(size, seed):
    """2¹⁶ numbers on, each has changed in no bits below the byte that counts, and that byte by what its lowest six bits
    say; they come round every 64 numbers. So each stretch is the one before it with something added to every 64th byte:
    to go through the numbers one by one would hold the loop up for seconds."""
    first, added = stretch(seed)
    data, last = bytearray(first), bytearray(first)
    while len(data) < size:
        for n, more in enumerate(added):
            last[n::64] = last[n::64].translate(RING[more:more + 256])
        data += last
    return bytes(data[:size])


@functools.lru_cache
def stretch(seed):
    """The first stretch of bytes, and what is added to each of 64 up to the next."""
    data, number = bytearray(), seed
    while len(data) < STRETCH + 64:
        number = number * 1103515245 + 12345 & 0xFFFFFF  # the higher bits change nothing
        data.append(number >> 16)
    return bytes(data[:STRETCH]), [(data[STRETCH + n] - data[n]) % 256 for n in range(64)]
