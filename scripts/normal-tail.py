#!/usr/bin/python3
"""Prints the coefficients of the normal tail in lib/kernels/normal.ts and native/kernels/elementary.h. Needs mpmath.

Q(t) = 1 - Phi(t) = exp(-t^2/2) P(s) / (1 + t) for t >= 0, with s = (t - 4)/(t + 4) in [-1, 1): the substitution of
Shepherd & Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc(x)", Math. Comp. 36 (1981). P is the Chebyshev
series, cut where its terms drop below a quarter of the unit roundoff and written in powers of s: these are small and the
leading ones dominate, so that Horner's rule loses nothing.
"""
from mpmath import cos, erfc, exp, mp, mpf, nstr, pi, sqrt

mp.dps = 50
POINTS = 50


def smooth(s):
    t = 4 * (1 + s) / (1 - s)
    return (1 + t) * exp(t * t / 2) * erfc(t / sqrt(2)) / 2


def chebyshev():
    angles = [pi * (2 * k + 1) / (2 * POINTS) for k in range(POINTS)]
    values = [smooth(cos(angle)) for angle in angles]
    return [(2 if j else 1) * sum(v * cos(j * a) for v, a in zip(values, angles)) / POINTS for j in range(POINTS)]


def powers(series):
    before, current = [mpf(1)], [mpf(0), mpf(1)]
    total = [mpf(0)] * len(series)
    for j, coefficient in enumerate(series):
        polynomial = before if j == 0 else current
        for i, term in enumerate(polynomial):
            total[i] += coefficient * term
        if j > 0:
            doubled = [mpf(0)] + [2 * term for term in current]
            following = [term - (before[i] if i < len(before) else 0) for i, term in enumerate(doubled)]
            before, current = current, following
    return total


series = chebyshev()
for name, roundoff in (('float64', mpf(2) ** -53), ('float32', mpf(2) ** -24)):
    terms = max(j for j, coefficient in enumerate(series) if abs(coefficient) >= roundoff / 4) + 1
    print(name)
    for coefficient in powers(series[:terms]):
        print('  ' + (repr(float(coefficient)) if name == 'float64' else nstr(coefficient, 9)) + ',')
