"""The requests that this process answers, by route, and how long each took."""

from prometheus_client import Histogram

from ophportal.logs import Answer

# The goal is a second for ninety-nine in a hundred; a password's hash alone takes a twentieth.
DURATION = Histogram(
    "ophportal_request_duration_seconds",
    "Requests answered, and the time until the first byte of their answer",
    ["method", "route", "status"],
    registry=None,  # the exporter reads this process's file
    buckets=(0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


def count(answer: Answer) -> None:
    DURATION.labels(answer.method, answer.route, f"{answer.status // 100}xx").observe(answer.seconds)
