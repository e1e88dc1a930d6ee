"""Kernels that are killed at any moment: no log is lost, and none is handled twice unasked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.slow import count

ROOT: Final = Path(__file__).resolve().parents[2]

SCRIPT: Final = """
import json, os, random, select, signal, sys, time
from pathlib import Path

from crmwidget import Handlers
from crmwidget.client import Client
from crmwidget.testing import interaction_log

journal, account, kills = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
LOG = interaction_log().raw


def kernel(commands, says):
    told = os.open(account, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    handlers = Handlers()

    @handlers.on_save_log
    def save(log):
        os.write(told, f"{log.key}\\n".encode())
        time.sleep(0.001)  # a kill comes here, too

    client = Client("killed", handlers)
    client.connector = "https://connector.example.com"
    client.open_journal(journal)

    class Link:
        def send(self, content, buffers):
            os.write(says, json.dumps(content).encode() + b"\\n")

    link = Link()
    for line in os.fdopen(commands):
        content = json.loads(line)
        if content == "left":
            client.journal.drain(60)
            left = {
                "trouble": client.journal.trouble,
                "waits": len(client.jobs) + len(client.journal.pending),
                "interrupted": [entry.key for entry in client.journal.interrupted],
                "failed": len(client.journal.failed),
            }
            os.write(says, json.dumps(left).encode() + b"\\n")
        else:
            client.receive(link, content)


class Page:
    def __init__(self):
        self.outbox, self.seq, self.lives = {}, 0, 0

    def start(self):
        commands, self.to = os.pipe()
        self.back, says = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            os.close(self.to)
            os.close(self.back)
            kernel(commands, says)
            os._exit(0)
        os.close(commands)
        os.close(says)
        self.text, self.lives = b"", self.lives + 1
        hello = {"t": "hello", "n": self.lives, "v": 1, "kernel": None, "got": 0, "facts": {}}
        self.say([{**hello, "lowest": min(self.outbox, default=self.seq + 1)}])
        self.say(list(self.outbox.values()))

    def logs(self, number):
        first = self.seq + 1
        for _ in range(number):
            self.seq += 1
            text = json.dumps({"action": "requestSaveInteractionLog", "data": LOG})
            at = time.time() * 1000
            self.outbox[self.seq] = {"t": "msg", "seq": self.seq, "at": at, "m": text}
        self.say([self.outbox[seq] for seq in range(first, self.seq + 1)])

    def say(self, items):
        self.write({"crm": 1, "epoch": "page", "items": items})

    def write(self, content):
        os.write(self.to, json.dumps(content).encode() + b"\\n")

    def hear(self, seconds):
        until, found = time.monotonic() + seconds, []
        while (left := until - time.monotonic()) > 0:
            if not select.select([self.back], [], [], left)[0]:
                break
            if not self.read(found):
                break
        return found

    def read(self, found):
        data = os.read(self.back, 1_000_000)
        *lines, self.text = (self.text + data).split(b"\\n")
        for content in map(json.loads, lines):
            found.append(content)
            for item in content.get("items", ()):
                if item["t"] == "got":
                    for seq in (*range(item["done"] + 1), *item.get("also", ())):
                        self.outbox.pop(seq, None)
        return data

    def kill(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        while self.read([]):  # what it said before
            pass
        os.close(self.to)
        os.close(self.back)


page = Page()
for kill in range(kills):
    chance = random.Random(kill)
    page.start()
    page.logs(chance.randint(1, 4))
    page.hear(chance.uniform(0, 0.04))
    page.logs(chance.randint(1, 4))
    page.hear(chance.uniform(0, 0.04))
    page.kill()
page.start()
while True:
    page.write("left")
    asked = [each for each in page.hear(1.0) if "waits" in each]
    if asked and not asked[-1]["waits"] and not page.outbox:
        break
page.kill()
print(json.dumps({"sent": page.seq, **asked[-1]}))
"""


@pytest.mark.weight(15)
@pytest.mark.parametrize("kills", [count("CRMWIDGET_KILLS", 43, 1_000)])
def test_a_kernel_that_is_killed_at_any_moment_loses_no_log_and_handles_none_twice(
    tmp_path: Path, kills: int
) -> None:
    account = tmp_path / "account.txt"
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "logs.sqlite"), str(account)]

    ended = subprocess.run(
        [*command, str(kills)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    handled = Counter(account.read_text().split())
    sent = {f"page/{number}" for number in range(1, told["sent"] + 1)}
    assert (told["failed"], told["trouble"]) == (0, None)
    assert [key for key, times in handled.items() if times > 1] == []
    assert sent - set(handled) - set(told["interrupted"]) == set()
    assert set(handled) <= sent
    print(f"{kills} kills, {len(sent)} logs, {len(told['interrupted'])} interrupted")  # noqa: T201
