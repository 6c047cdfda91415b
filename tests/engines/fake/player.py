"""Plays script.json as an engine process would, using the line protocol of wire.py. Standard library only.

A step is an event, which is sent as it is, or one of
    {"do": "run", "seconds": 2}       send heartbeats and obey commands that long, then continue
    {"do": "sleep", "seconds": 1}     stay silent
    {"do": "write", "text": "rubbish\
", "times": 1}   write raw text
    {"do": "report", "text": "{}"}    write report.json
    {"do": "ignore_sigterm"}          ignore SIGTERM
    {"do": "child", "seconds": 60}    leave a process behind
    {"do": "exit", "code": 0}         exit without a message
    {"do": "kill", "signal": 9}       end by a signal
    {"do": "lose_login", "times": 3}  report that many times that the login is over, waiting for a new one each time
A script that plays to its end reports "completed".
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time

OUTCOMES = {"stop": "stopped", "expire": "expired", "checkpoint": "checkpointed", "orphaned": "orphaned"}
SECONDS_BETWEEN_BEATS = 0.2

commands = queue.SimpleQueue()
heard = threading.Event()
say_lock = threading.Lock()


def say(event, **values):
    """Write one event."""
    with say_lock:
        sys.stdout.write(json.dumps({"event": event, **values}) + "\n")
        sys.stdout.flush()


def end(outcome, reason=""):
    """Report how the process ended, and exit."""
    say("ended", outcome=outcome, reason=reason)
    os._exit(0)


def listen():
    """Collect commands. The end of stdin means that the worker is gone."""
    for line in sys.stdin:
        heard.set()
        values = json.loads(line)
        if values.get("command") != "stay":
            commands.put("login" if "login" in values else values["command"])
    commands.put("orphaned")


def mind(seconds):
    """Exit after that many seconds without a command, as if the worker were gone."""
    left = seconds
    while left > 0:
        if heard.wait(1):
            heard.clear()
            left = seconds
        else:
            left -= 1
    commands.put("orphaned")


def run(seconds):
    """Send heartbeats and obey commands. Paused time does not count."""
    left, paused = seconds, False
    while left > 0:
        while not commands.empty():
            command = commands.get()
            if command in OUTCOMES:
                end(OUTCOMES[command])
            if command in ("pause", "resume"):
                paused = command == "pause"
        say("progress", phase="attack", paused=paused)
        time.sleep(min(SECONDS_BETWEEN_BEATS, left))
        left -= 0 if paused else SECONDS_BETWEEN_BEATS


def write(text, times=1):
    """Write raw text that many times."""
    with say_lock:
        for _ in range(times):
            sys.stdout.write(text)
        sys.stdout.flush()


def report(text):
    """Write the report into the job's directory, which is the current directory."""
    with open("report.json", "w", encoding="utf-8") as file:
        file.write(text)


def ignore_sigterm():
    """Ignore SIGTERM from now on; only SIGKILL ends this process."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def child(seconds):
    """Leave a process in the group that keeps our stdout open."""
    subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({float(seconds)})"])


def exit_silently(code):
    """Exit without a message."""
    os._exit(code)


def kill(number=signal.SIGKILL):
    """End by a signal."""
    os.kill(os.getpid(), number)


def lose_login(times=1):
    """Report that the login is over, and wait for a new one while sending heartbeats and obeying commands."""
    for _ in range(times):
        say("logged_out", reason="the script says so", url="")
        while (command := next_command()) != "login":
            if command in OUTCOMES:
                end(OUTCOMES[command])
            say("progress", phase="attack", waiting_for_login=True)


def next_command():
    """Return the next command, or None after the time between two heartbeats."""
    try:
        return commands.get(timeout=SECONDS_BETWEEN_BEATS)
    except queue.Empty:
        return ""


STEPS = {
    "lose_login": lose_login,
    "run": run,
    "sleep": time.sleep,
    "write": write,
    "report": report,
    "ignore_sigterm": ignore_sigterm,
    "child": child,
    "exit": exit_silently,
    "kill": kill,
}


def play(steps):
    """Execute the steps in order."""
    for step in steps:
        if "event" in step:
            say(**step)
        else:
            values = dict(step)
            STEPS[values.pop("do")](*values.values())
    end("completed")


if __name__ == "__main__":
    seconds_to_stay = json.loads(sys.stdin.readline())["seconds_to_stay"]  # everything it needs from the job
    threading.Thread(target=listen, daemon=True).start()
    if seconds_to_stay:
        threading.Thread(target=mind, args=[seconds_to_stay], daemon=True).start()
    with open("script.json", encoding="utf-8") as file:
        play(json.load(file))
