"""A witness over HTTP: POST /add-checkpoint for the log, GET /checkpoint and /key for anybody."""

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pinlian.record.note import Verifier
from pinlian.record.witnessed_log import Answer, WitnessedLog

REQUEST_BYTES_MAX = 100_000
"""63 hashes and a note with many signatures are 20,000."""
SOCKET_SECONDS_MAX = 20


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness. Port 0 takes any that is free; `server_address` tells which."""

    daemon_threads = True

    def __init__(self, host: str, port: int, watched: WitnessedLog, key: Verifier) -> None:
        super().__init__((host, port), _Handler)
        self.watched = watched
        self.key = key


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    timeout = SOCKET_SECONDS_MAX

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > REQUEST_BYTES_MAX:
            self.close_connection = True
            self._answer(Answer(413, f"a body of at most {REQUEST_BYTES_MAX} bytes, its length told\n"))
            return
        body = self.rfile.read(int(length))
        if self.path != "/add-checkpoint":
            self._answer(Answer(404, "POST /add-checkpoint\n"))
            return
        try:
            text = body.decode()
        except UnicodeDecodeError:
            self._answer(Answer(400, "not text\n"))
            return
        self._answer(self.server.watched.add_checkpoint(text))

    def do_GET(self) -> None:
        newest = self.server.watched.newest
        if self.path == "/key":
            self._answer(Answer(200, f"{self.server.key.vkey}\n"))
        elif self.path == "/checkpoint" and newest is not None:
            self._answer(Answer(200, newest.note))
        else:
            self._answer(Answer(404, "GET /checkpoint (once there is one) or /key\n"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: an address is a personal datum."""

    def _answer(self, answer: Answer) -> None:
        data = answer.text.encode()
        self.send_response(HTTPStatus(answer.status))
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
