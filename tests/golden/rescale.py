# SPDX-License-Identifier: MIT
"""Ways to multiply an integer by a real scale, and a search for integers that tell them apart.

This is not the definition of anything: the golden is.  The generators use it to find
accumulators at which two plausible implementations differ, so that a wrong one shows.
"""
import math

import numpy as np

INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1


def multiplier(real):
    """(q, shift): real ~ q * 2**(shift - 31), q of 31 bits."""
    real = float(real)
    if real == 0:
        return 0, 0
    mantissa, shift = math.frexp(real)
    q = math.floor(mantissa * (1 << 31) + 0.5) if mantissa > 0 else -math.floor(-mantissa * (1 << 31) + 0.5)
    if abs(q) == 1 << 31:
        q //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    return q, shift


def wrap32(x):
    return ((np.asarray(x, np.int64) + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def _high(x, q):
    """Upper half of 2 * x * q, rounded: ties go up."""
    return (x * np.int64(q) + (1 << 30)) >> 31


def _shift_away(x, bits):
    """x / 2**bits, rounded: ties go away from zero."""
    if bits <= 0:
        return x
    half = np.int64(1) << (bits - 1)
    return np.where(x >= 0, (x + half) >> bits, -((-x + half) >> bits))


def twice(x, real):
    """Rounds at 31 bits and again at the end."""
    q, shift = multiplier(real)
    x = wrap32(np.asarray(x, np.int64) << max(shift, 0))
    return _shift_away(_high(x, q), max(-shift, 0))


def once_up(x, real):
    """One rounding, ties up."""
    q, shift = multiplier(real)
    total = 31 - shift
    x = np.asarray(x, np.int64)
    if total < 1:
        return (x * q) << -total
    return (x * q + (np.int64(1) << (total - 1))) >> total


def once_away(x, real):
    """One rounding, ties away from zero."""
    q, shift = multiplier(real)
    x = np.asarray(x, np.int64)
    if 31 - shift < 1:
        return (x * q) << (shift - 31)
    return _shift_away(x * np.int64(q), 31 - shift)


def real_away(x, real):
    """In double precision, ties away from zero."""
    v = np.asarray(x, np.float64) * float(real)
    return (np.sign(v) * np.floor(np.abs(v) + 0.5)).astype(np.int64)


def variants(exact, single):
    """The implementations that one may think of, given the scale in double and in single precision."""
    return [lambda x: twice(x, exact), lambda x: once_up(x, exact), lambda x: once_away(x, exact),
            lambda x: real_away(x, exact), lambda x: twice(x, single), lambda x: once_up(x, single)]


def critical(rng, real, functions, lo, hi, count):
    """count accumulators whose rescaled value lies in [lo, hi], at which the functions differ.

    Every pair that can be told apart is, as far as count goes; the rest are ties.
    """
    real = float(real)
    steps = np.arange(lo, hi) + 0.5
    base = steps / real
    base = base[np.abs(base) < INT32_MAX - 8]
    if base.size == 0:
        return rng.integers(-3, 4, count)
    near = (np.floor(base)[:, None] + np.arange(-3, 5)).astype(np.int64).ravel()
    values = [f(near) for f in functions]
    found = []
    for i in range(len(values)):
        for j in range(i):
            differ = near[values[i] != values[j]]
            if differ.size:
                found.append(rng.choice(differ, 3))
    rng.shuffle(found)
    ties = rng.choice(np.round(base).astype(np.int64), count)
    if not found:
        return ties
    flat = np.stack(found).T.ravel()[:count]
    return np.concatenate([flat, ties])[:count]


def tie_scale(rng):
    """A real scale at which integers land exactly on ties: a small odd number over a power of two."""
    odd = int(rng.choice([1, 1, 1, 3, 5, 7]))
    return odd / 2.0 ** int(rng.integers(1, 9) + (odd.bit_length() - 1))
