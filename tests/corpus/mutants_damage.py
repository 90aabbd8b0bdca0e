"""Damaged variants of messages: cut at points evenly apart, and with some bytes changed. The same at each run."""
import hashlib
import os
import random

CFB = bytes.fromhex('d0cf11e0a1b11ae1')
TNEF = bytes.fromhex('789f3e22')
TRACE_OF_A_MESSAGE = '__substg1.0_'.encode('utf-16-le')

# How many bytes a variant changes, in turn; at most 1 % of the file, at least one.
AMOUNTS = (('1 byte', lambda size, rng: 1),
           ('2-8 bytes', lambda size, rng: rng.randint(2, 8)),
           ('50 bytes', lambda size, rng: 50),
           ('0.1 %', lambda size, rng: size // 1000),
           ('1 %', lambda size, rng: size // 100))


class Original:
    def __init__(self, path, kind):
        self.path, self.kind = path, kind
        with open(path, 'rb') as file:
            self.data = file.read()
        self.sha256 = hashlib.sha256(self.data).hexdigest()


def kind_of(path):
    """'msg', 'tnef' or None: another kind of file."""
    with open(path, 'rb') as file:
        data = file.read()
    if data.startswith(TNEF):
        return 'tnef'
    return 'msg' if data.startswith(CFB) and TRACE_OF_A_MESSAGE in data else None


def find(folder):
    """The messages below a folder, each content once, in the order of their paths."""
    paths, seen = [], set()
    for parent, folders, names in os.walk(folder):
        folders.sort()
        paths += [os.path.join(parent, name) for name in sorted(names)]
    for path in paths:
        kind = kind_of(path) if os.path.isfile(path) else None
        if not kind:
            continue
        original = Original(path, kind)
        if original.sha256 not in seen:
            seen.add(original.sha256)
            yield original


class Mutant:
    """A variant; its data are made when asked for."""

    def __init__(self, original, how, detail, number, make):
        self.original, self.how, self.detail, self.make = original, how, detail, make
        self.name = f'{original.sha256[:16]}-{how}-{number:03d}.{original.kind}'


def cut(original, count):
    size = len(original.data)
    for i in range(1, count + 1):
        at = size * i // (count + 1)
        yield Mutant(original, 'cut', f'{100 * i / (count + 1):.0f} %', i, lambda at=at: original.data[:at])


def changed(original, count, seed):
    for i in range(count):
        name, amount = AMOUNTS[i % len(AMOUNTS)]
        rng = random.Random(f'{seed}:{original.sha256}:{i}')
        most = max(1, len(original.data) // 100)
        wanted = min(max(1, amount(len(original.data), rng)), most)
        yield Mutant(original, 'changed', name, i, lambda wanted=wanted, rng=rng: change(original.data, wanted, rng))


def change(data, count, rng):
    out = bytearray(data)
    for at in rng.sample(range(len(out)), count):
        out[at] ^= rng.randint(1, 255)
    return bytes(out)


def variants(original, cuts, changes, seed):
    yield from cut(original, cuts)
    yield from changed(original, changes, seed)
