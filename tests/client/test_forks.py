"""A child that a cell forks has no phone: it is told so, and leaves its parent's alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]

SCRIPT: Final = """
import json, os, signal, sys, threading, traceback
from pathlib import Path

from crmwidget import CRMWidget
from crmwidget.errors import PhoneClosedError
from tests.test_delivery import Page, settled

signal.alarm(60)  # a child that hangs is ended, and so is its parent
saved = []
phone = CRMWidget("https://connector.example.com/app", journal=sys.argv[1], name="forked")
client = phone._client
phone.on_save_log(lambda log: saved.append(log.interaction_id))
page = Page(client, "page")
page.logs(1)
settled(client)
phone.off("save_log")
page.logs(2, first=2)
settled(client)


async def nothing():
    pass


TOUCHES = {
    "dial": lambda: phone.dial("+12025550143"),
    "notify": lambda: phone.notify("hello"),
    "post": lambda: phone.post("ready"),
    "find": lambda: phone.find("+12025550143"),
    "run": lambda: phone.run(nothing()),
    "retry": lambda: phone.journal.retry(),
    "discard": lambda: phone.journal.discard(),
    "adopt": lambda: phone.journal.adopt(),
    "deliver": lambda: client.deliver("ready"),
    "crm_data": lambda: setattr(phone, "directory", []),
    "handler": lambda: phone.on_save_log(lambda log: saved.append("in the child")),
    "status": lambda: phone.status,
    "repr": lambda: repr(phone.journal),
    "journal": lambda: len(phone.journal),
    "traffic": lambda: list(phone.traffic),
    "close": lambda: client.close(force=True),
    "close again": lambda: client.close(),
}


def touched(touch):
    try:
        return str(touch())
    except PhoneClosedError as error:
        return f"PhoneClosedError: {error}"
    except BaseException as error:
        return traceback.format_exc()


held, go_on = threading.Event(), threading.Event()


def hold():
    journal = client.journal
    locks = (
        client.lock, journal._lock, journal._opening, journal._store._lock,
        journal._writer._changed, client.runner._changed, client.runner._turn,
        client.runner._worker._starting, client.runner._worker._limits,
        client.runner._loop._lock, client._clock._changed,
    )
    for lock in locks:
        lock.acquire()
    held.set()
    go_on.wait()
    for lock in reversed(locks):
        lock.release()


holder = threading.Thread(target=hold)
holder.start()
held.wait()
reads, writes = os.pipe()
child = os.fork()
if child == 0:
    signal.alarm(30)
    told = {name: touched(touch) for name, touch in TOUCHES.items()}
    told["saved"] = saved
    os.write(writes, json.dumps(told).encode())
    if sys.argv[2] == "exit":
        sys.exit()  # with all that Python does then
    os._exit(0)
go_on.set()
holder.join()
status = os.waitpid(child, 0)[1]
told = json.loads(os.read(reads, 100_000))
phone.on_save_log(lambda log: saved.append(log.interaction_id))
settled(client)
page.logs(3, first=3)
settled(client)
durable = client.journal.durable
phone.close()
print(json.dumps({"child": told, "status": status, "saved": saved, "durable": durable}))
"""


@pytest.mark.parametrize("end", ["exit", "_exit"])
def test_a_child_is_refused_with_the_next_step_and_the_parents_phone_goes_on(
    tmp_path: Path, end: str
) -> None:
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(tmp_path / "logs.sqlite"), end]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    child = found["child"]
    refused = {name for name, told in child.items() if "start processes" in str(told)}
    assert refused == {
        *("dial", "notify", "post", "find", "run", "retry", "discard", "adopt", "deliver"),
    }, child
    assert not [name for name, told in child.items() if "Traceback" in str(told)], child
    assert (child["status"], child["saved"]) == ("lost", ["1"])
    assert (found["status"], found["durable"]) == (0, True)
    assert found["saved"] == ["1", "2", "3"]
