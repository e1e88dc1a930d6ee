"""Users: what two users of one machine do, each in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

VICTIM: Final = 54_321
ATTACKER: Final = 54_322
"""Numbers that no user of a usual machine has."""
CANARY: Final = "canary-1c09"

_BEGIN: Final = """
import warnings
import crmwidget.testing.fuzzing, crmwidget.testing
from crmwidget import Capture, Handlers
from crmwidget.traffic.file import Head, Message
from crmwidget.safety.private_files import state_folder
from crmwidget.client.interactions import Entry
from crmwidget.client.journal import Journal
from crmwidget.safety.privacy import _OWN_KEY, kept_key
from crmwidget.testing import interaction_log
from datetime import UTC, datetime
"""
"""What may not be readable for all is imported before the process becomes that user's."""
_BECOMES: Final = """
import json, os, sys
from pathlib import Path
user, shared, CANARY = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
os.setgroups([])
os.setresgid(user, user, user)
os.setresuid(user, user, user)
os.umask(0o022)
"""

KEEPS_A_LOG: Final = """
journal = Journal(lambda _: None, lambda _: None)
journal.open(state_folder() / "0123-4567.sqlite")
log = interaction_log(key="page/1", comments=CANARY)
journal.accept([Entry(log, "https://connector.example.com", datetime.now(UTC))])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    key = kept_key()
said = [str(one.message) for one in caught]
own = key == _OWN_KEY
told = {"durable": journal.durable, "trouble": journal.trouble, "said": said, "own": own}
print(json.dumps(told))
sys.stdout.flush()
os._exit(0)  # as a kernel that is killed: its files stay as they are
"""
SAVES_A_CAPTURE: Final = """
message = Message(1, datetime.now(UTC), "received", "ready", {"comments": CANARY})
capture = Capture([message], Head("simulator"))
said = []
for save, name in ((capture.save, "calls.jsonl"), (capture.to_pytest, "test_day.py")):
    try:
        save(shared / name)
    except OSError as error:
        said.append(str(error))
print(json.dumps({"said": said}))
"""
LOOKS: Final = """
seen = []
for folder, _, names in os.walk(shared):
    for name in names:
        try:
            with open(os.path.join(folder, name), "rb") as file:
                if CANARY.encode() in file.read():
                    seen.append(name)
        except OSError:
            pass
print(json.dumps(seen))
"""


def does(user: int, code: str, shared: Path) -> Any:
    """What a user's code prints, as JSON; the victim's state is in the shared folder."""
    code = (_BEGIN if user == VICTIM else "") + _BECOMES + code
    done = subprocess.run(
        [sys.executable, "-c", code, str(user), str(shared), CANARY],
        env={**os.environ, "XDG_STATE_HOME": str(shared)},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout or "null")
