"""What a server counts, in Prometheus' text format (version 0.0.4): names of routes and codes, no keys, no people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the duration's buckets in seconds."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters of one server's life; gauges are asked for when they are read."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[tuple[str, float]] = Counter()
        self._seconds: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests[method, route, status] += 1
        self._counts[route] += 1
        self._seconds[route] += seconds  # type: ignore[assignment]  # a Counter adds fractions as well
        for bound in _BOUNDS:
            if seconds <= bound:
                self._buckets[route, bound] += 1

    def gauge(self, name: str, says: str, now: Callable[[], float]) -> None:
        """Show what `now` returns under `name`, explained by `says`."""
        self._gauges[name] = (says, now)

    def text(self) -> str:
        """Return all of it as Prometheus reads it."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        yield "# HELP cordboard_requests_total Requests answered."
        yield "# TYPE cordboard_requests_total counter"
        for (method, route, status), count in sorted(self._requests.items()):
            yield f'cordboard_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
        yield "# HELP cordboard_request_seconds How long answers took."
        yield "# TYPE cordboard_request_seconds histogram"
        for route, count in sorted(self._counts.items()):
            for bound in _BOUNDS:
                yield f'cordboard_request_seconds_bucket{{route="{route}",le="{bound}"}} {self._buckets[route, bound]}'
            yield f'cordboard_request_seconds_bucket{{route="{route}",le="+Inf"}} {count}'
            yield f'cordboard_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}'
            yield f'cordboard_request_seconds_count{{route="{route}"}} {count}'
        for name, (says, now) in sorted(self._gauges.items()):
            kind = "counter" if name.endswith("_total") else "gauge"
            yield f"# HELP {name} {says}"
            yield f"# TYPE {name} {kind}"
            yield f"{name} {now():g}"
