"""A server that takes the events of every SDK and counts them: `python bench/sdk_sink.py` prints its port.

`GET /` answers how many events came.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Sink(BaseHTTPRequestHandler):
    """Answers each request as ours does; the others look at the status only."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    received = 0

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        count = len(body.get("events") or body.get("batch") or [])
        Sink.received += count
        counts = {"accepted": count, "rejected": 0, "errors": []}
        self._answer({"data": counts, "meta": {"received": count}})

    def do_GET(self) -> None:
        self._answer(Sink.received)

    def _answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        """Say nothing on stderr."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    print(server.server_port, flush=True)
    server.serve_forever()
