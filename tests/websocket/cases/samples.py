"""Payloads as applications send them, made from a seeded generator."""
import base64
import json
import random

WORDS = ("pepper network stream token model choice delta content role assistant user system message index finish "
         "reason usage prompt completion total created object id").split()


def document(size, seed=1):
    """A JSON text of exactly `size` bytes that compresses about as well as real ones, three to five times."""
    generator = random.Random(seed)
    parts = []
    length = 0
    while length < size:
        parts.append(json.dumps({generator.choice(WORDS): generator.choice(WORDS) + str(generator.randrange(10 ** 6)),
                                 "n": generator.random()}).encode() + b"\n")
        length += len(parts[-1])
    return b"".join(parts)[:size]


def noise(size, seed=2):
    """Bytes that do not compress."""
    return random.Random(seed).randbytes(size)


def base64_text(size, seed=3):
    """A text that compresses a little."""
    return base64.b64encode(noise(size, seed))[:size]
