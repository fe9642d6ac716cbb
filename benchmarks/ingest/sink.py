"""SQS and Dreamdata as far as the functions use them, in a process of its own: takes everything, keeps nothing.

``python -m benchmarks.ingest.sink`` prints its port and serves until its standard input ends.
"""

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_ID = re.compile(rb'"Id": ?"(\d+)"')


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without it an answer of two writes waits for the client's acknowledgement.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        taken = [{"Id": found.decode(), "MessageId": "m", "MD5OfMessageBody": "0"} for found in _ID.findall(body)]
        answer = json.dumps({"Successful": taken}).encode()  # for Dreamdata any answer of 200 will do
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    # The function opens eight connections at once; where five wait already, the kernel drops the next for a second.
    request_queue_size = 128


def main() -> None:
    """Serve on a free port of the loopback."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
