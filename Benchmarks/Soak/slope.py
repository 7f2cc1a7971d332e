"""Whether figures grow: a straight line through them."""
import math


def slope(times, values):
    """By least squares: the slope, and its standard error from what the line leaves over."""
    count = len(times)
    if count < 3:
        return 0.0, math.inf
    at, of = sum(times) / count, sum(values) / count
    spread = sum((t - at) ** 2 for t in times)
    each = sum((t - at) * (v - of) for t, v in zip(times, values)) / spread
    left = sum((v - of - each * (t - at)) ** 2 for t, v in zip(times, values))
    return each, math.sqrt(left / (count - 2) / spread)
