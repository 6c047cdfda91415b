"""Plays script.json as an engine process would, using the line protocol of wire.py. Standard library only.

A step is an event, which is sent as it is, or one of
    {"do": "run", "seconds": 2}       send heartbeats with the last progress and obey commands that long, then continue
    {"do": "sleep", "seconds": 1}     stay silent
    {"do": "write", "text": "rubbish\
", "times": 1}   write raw text
    {"do": "report", "text": "{}"}    write report.json
    {"do": "ignore_sigterm"}          ignore SIGTERM
    {"do": "child", "seconds": 60}    leave a process behind
    {"do": "exit", "code": 0}         exit without a message
    {"do": "kill", "signal": 9}       end by a signal
    {"do": "alone", "lock": "a/file"} note in a/file.twice if another process of this scan runs at the same time
    {"do": "keep_place"}              have the next process of this scan continue where this one ends
    {"do": "say_again"}               report all findings and addresses of the script once more
    {"do": "lose_login", "times": 3}  report that many times that the login is over, waiting for a new one each time
A script that plays to its end reports "completed".
"""

import fcntl
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
PLACE = "place"

commands = queue.SimpleQueue()
heard = threading.Event()
say_lock = threading.Lock()
found = []  # the findings and addresses of the script
told = {}  # by the last progress of the script, which heartbeats repeat


def say(event, **values):
    """Write one event."""
    if event == "progress":
        told.update(values)
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
        say("progress", **{**told, "phase": "attack", "paused": paused})
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


def alone(lock):
    """Hold the lock until this process ends. Note it if another one holds it."""
    file = os.open(lock, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with open(lock + ".twice", "a", encoding="utf-8") as notes:
            notes.write(f"{os.getpid()} at {time.time()}\n")


def keep_place():
    """Nothing to do: `play` looks for this step."""


def say_again():
    """Report all that the script has found, as a real engine does: a lost worker may not have stored it."""
    for step in found:
        say(**step)


STEPS = {
    "alone": alone,
    "keep_place": keep_place,
    "say_again": say_again,
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
    """Execute the steps in order: all of them, or those after the kept place and those before `keep_place`.

    No place is kept from `say_again` on: the end is played whole.
    """
    found[:] = [step for step in steps if step.get("event") in ("finding", "url_crawled")]
    kept, last = place_of("keep_place", steps), place_of("say_again", steps)
    begin = kept_place() if kept < len(steps) else 0
    for place, step in enumerate(steps):
        if kept < place < begin:
            continue
        if kept < place <= last:
            with open("place.new", "w", encoding="utf-8") as file:
                file.write(str(place))
            os.replace("place.new", PLACE)  # a process may end at any moment
        execute(step)
    end("completed")


def place_of(name, steps):
    """Return the place of the first step of this name; behind the last one if there is none."""
    return next((place for place, step in enumerate(steps) if step.get("do") == name), len(steps))


def execute(step):
    """Send an event, or do what the step says."""
    if "event" in step:
        say(**step)
    else:
        values = dict(step)
        STEPS[values.pop("do")](*values.values())


def kept_place():
    """Return the step on which the process before this one ended; 0 for the first process."""
    try:
        with open(PLACE, encoding="utf-8") as file:
            return int(file.read())
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    seconds_to_stay = json.loads(sys.stdin.readline())["seconds_to_stay"]  # everything it needs from the job
    threading.Thread(target=listen, daemon=True).start()
    if seconds_to_stay:
        threading.Thread(target=mind, args=[seconds_to_stay], daemon=True).start()
    with open("script.json", encoding="utf-8") as file:
        play(json.load(file))
