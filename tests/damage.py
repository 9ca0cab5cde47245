"""Files that are damaged at random, for readers that must not break."""

from __future__ import annotations

import random
import struct

EXTREMES = (0, 1, 2, 255, 65535, 1 << 20, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Change bytes or whole numbers, swap parts, or cut the end; the first eight bytes stay."""
    made = bytearray(data)
    how = rng.randrange(5)
    for _ in range(rng.randrange(1, 5)):
        at, other = (rng.randrange(8, len(made) - 16) // 4 * 4 for _ in range(2))
        if how == 0:
            made[at] ^= 1 << rng.randrange(8)
        elif how <= 2:
            struct.pack_into("<I", made, at, rng.choice(EXTREMES))
        elif how == 3:
            made[at : at + 16], made[other : other + 16] = made[other : other + 16], made[at : at + 16]
    return bytes(made[: rng.randrange(4, len(made))] if how == 4 else made)
