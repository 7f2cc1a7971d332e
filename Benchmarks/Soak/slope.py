"""Whether figures grow: a straight line through them."""
import math


def slope(times, values):
    """By least squares: the slope, and its standard error from what the line leaves over. What is left over comes in
    runs (memory that is taken stays taken for a while), so that many figures say as little as few independent
    ones: the error is that of so many fewer (by the correlation of neighbours)."""
    count = len(times)
    if count < 4:
        return 0.0, math.inf
    at, of = sum(times) / count, sum(values) / count
    spread = sum((t - at) ** 2 for t in times)
    each = sum((t - at) * (v - of) for t, v in zip(times, values)) / spread
    rest = [v - of - each * (t - at) for t, v in zip(times, values)]
    left = sum(r * r for r in rest)
    alike = max(0, sum(a * b for a, b in zip(rest, rest[1:])) / left) if left else 0
    independent = max(3, count * (1 - alike) / (1 + alike))
    return each, math.sqrt(left / (independent - 2) / spread)
