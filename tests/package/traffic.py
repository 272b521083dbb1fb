"""Traffic through a public port: traffic.py PORT FILE.

One connection stays open and is used twenty times a second; new ones come as fast as they are
answered. Until SIGTERM; then the counts go to FILE as "LONG_FAILED SHORT SHORT_FAILED".
"""

import os
import signal
import socket
import sys
import time

port, result = int(sys.argv[1]), sys.argv[2]
ended = False


def end(*_):
    global ended
    ended = True


def echo(connection, word):
    connection.sendall(word)
    answer = b""
    while len(answer) < len(word):
        piece = connection.recv(64)
        if not piece:
            raise OSError("closed")
        answer += piece
    if answer != word:
        raise OSError("another answer")


def connect():
    return socket.create_connection(("127.0.0.1", port), timeout=10)


signal.signal(signal.SIGTERM, end)
long_failed = short = short_failed = 0
long = connect()
echo(long, b"first\n")
open(result, "w", encoding="ascii").close()  # both sides are there: traffic runs
while not ended:
    try:
        echo(long, b"long\n")
    except OSError as error:
        print("long:", error, flush=True)
        long_failed = 1
    short += 1
    try:
        with connect() as connection:
            echo(connection, b"short\n")
    except OSError as error:
        print("short:", error, flush=True)
        short_failed += 1
    time.sleep(0.02)
with open(result + ".new", "w", encoding="ascii") as file:
    file.write(f"{long_failed} {short} {short_failed}\n")
os.rename(result + ".new", result)
