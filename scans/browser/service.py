"""Browsers as another user: a service that starts them, and the client that asks it.

    python scans/browser/service.py SOCKET

runs as a user of its own, who can read neither the keys nor the database of the dashboard. A page that breaks out of
Chromium then finds nothing. Whoever may write to the socket may start browsers: its folder's group decides that.
Standard library only.
"""

import base64
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parent)
    from process import home_of_a_browser, run
else:
    from scans.browser.process import home_of_a_browser, run

PROGRAMS = ("player.py", "printer.py")
SECONDS_MORE = 30  # for the service to start the child and to answer
MAY_CONNECT = 0o660


def ask(path: str, program: str, job: bytes, seconds: float) -> tuple[bytes, bytes]:
    """Have the service run a program on a job; returns both its outputs.

    Raises TimeoutExpired if the child had to be killed, and OSError or ValueError if the service does not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds + SECONDS_MORE)
        connection.connect(path)
        connection.sendall(json.dumps({"program": program, "seconds": seconds, "job": json.loads(job)}).encode())
        connection.shutdown(socket.SHUT_WR)
        answer = json.loads(connection.makefile("rb").read())
    outputs = [base64.b64decode(output) for output in answer["outputs"]]
    if answer["late"]:
        raise subprocess.TimeoutExpired(program, seconds, output=outputs[0])
    return outputs[0], outputs[1]


class Service(ThreadingUnixStreamServer):
    """Listens on a socket in the file system, in the place of an earlier one."""

    daemon_threads = True

    def __init__(self, path: str):
        Path(path).unlink(missing_ok=True)
        super().__init__(path, _Handler)
        os.chmod(path, MAY_CONNECT)


class _Handler(StreamRequestHandler):
    def handle(self) -> None:
        """Run one job in a browser of its own, and answer what came of it."""
        asked = json.loads(self.rfile.read())
        if asked["program"] not in PROGRAMS:
            return
        with home_of_a_browser() as home:
            job = {**asked["job"], "home": home}
            late, outputs = False, (b"", b"")
            try:
                outputs = run(asked["program"], json.dumps(job).encode(), home, asked["seconds"])
            except subprocess.TimeoutExpired as error:
                late, outputs = True, (error.output or b"", b"")
            except OSError as error:
                outputs = b"", str(error).encode()
        told = {"late": late, "outputs": [base64.b64encode(output).decode() for output in outputs]}
        self.wfile.write(json.dumps(told).encode())


def main() -> None:
    """Serve until told to end."""
    if os.geteuid() == 0:
        sys.exit("The browser service must not run as root: Chromium has no sandbox there. Start it as another user.")
    with Service(sys.argv[1]) as service:
        service.serve_forever()


if __name__ == "__main__":
    main()
