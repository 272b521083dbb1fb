"""An Engine of recorded answers: fake_engine.py SOCKET DIR.

GET /networks gives the file DIR/networks, GET /containers/json DIR/containers_json and so on; a
file NAME.status has the HTTP status, NAME.stall makes it never answer. All else is 404. Every
request is a line in DIR/requests.
"""

import os
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        with open(os.path.join(directory, "requests"), "ab") as log:
            log.write(f"{self.command} {self.path} ".encode() + body + b"\n")
        name = os.path.join(directory, self.path.split("?")[0].strip("/").replace("/", "_"))
        if os.path.exists(name + ".stall"):
            time.sleep(600)
        status, text = 404, b'{"message":"no such thing"}'
        if os.path.exists(name):
            with open(name, "rb") as file:
                status, text = 200, file.read()
        if os.path.exists(name + ".status"):
            with open(name + ".status", encoding="ascii") as file:
                status = int(file.read())
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass

    def address_string(self):
        return "local"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


path, directory = sys.argv[1:]
Server(path, Handler).serve_forever()
