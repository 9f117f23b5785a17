"""Hashes of entries, and of many entries at once: the Merkle tree of RFC 6962, by SHA-256."""

import hashlib
from collections.abc import Sequence

# What is hashed begins with what it is, so that nothing can pass for another.
LEAF, NODE, SEAL, ADDRESS = b"\x00", b"\x01", b"\x02", b"\x03"


def digest_of(kind: bytes, *parts: bytes) -> bytes:
    """Return the hash of something of this kind."""
    return hashlib.sha256(b"".join((kind, *parts))).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root of a tree with at least one leaf."""
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def siblings_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return what has to be known beside the leaf at `index` to compute the root, from the bottom up."""
    level, siblings = list(leaves), []
    while len(level) > 1:
        if index ^ 1 < len(level):
            siblings.append(level[index ^ 1])
        level, index = _above(level), index // 2
    return siblings


def _above(level: list[bytes]) -> list[bytes]:
    """Return the next level: a hash for each pair; a last one without a partner goes up as it is."""
    pairs = [digest_of(NODE, level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return pairs + level[len(pairs) * 2 :]
