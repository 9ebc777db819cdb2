"""The process that answers Prometheus."""

import os
from threading import Event as Stop

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from ophportal.metrics import FOLDER
from ophportal.metrics.store import StoreFigures


def run(host: str, port: int, stop: Stop) -> None:
    """Answer at `host`:`port` until `stop` is set. Raises OSError when something else listens there."""
    registry = CollectorRegistry()
    registry.register(StoreFigures())
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)
    server, thread = start_http_server(port, host, registry)
    stop.wait()
    server.shutdown()
    thread.join()
    server.server_close()
