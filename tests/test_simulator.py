"""The simulated connector from Python: its remote control, its page, its server."""

from __future__ import annotations

import asyncio
import http.client
import socket
import subprocess
import sys
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pytest

import crmwidget.simulator
from crmwidget.directory import Contact, Directory, Phone
from crmwidget.errors import SimulatorError
from crmwidget.simulator import Server, SimulatedCall, Simulator, Step, _page, _remote, page, serve

if TYPE_CHECKING:
    from pathlib import Path

PAGE = '<!doctype html><html lang="en"><style>b{}</style><script>1</script><body>é</body></html>'
LOGIN = "2"
SCENARIO = "3"
SERVED = PAGE.replace("</body>", "<script>3</script></body>")
ROWS = [
    {"id": "C-1", "name": "Bo Larsen", "phone": "(202) 555-0143", "email": "bo@example.com"},
    {"id": "C-3", "name": "Sam Reyes", "phone": "+1 415 555 0132", "email": "sam@example.com"},
    {"id": "C-4", "name": "Kit Reyes", "phone": "415-555-0132", "email": "kit@example.com"},
]


class Frame:
    """The page's side: what it was told, and the futures to answer."""

    def __init__(self, *, answers: bool = True) -> None:
        self.answers = answers
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.futures: list[Future[dict[str, Any]]] = []

    def __call__(self, what: str, args: dict[str, Any]) -> Future[dict[str, Any]]:
        future: Future[dict[str, Any]] = Future()
        self.told.append((what, args))
        self.futures.append(future)
        if self.answers:
            future.set_result({"phase": what})
        return future

    @property
    def last(self) -> dict[str, Any]:
        """The arguments of the last command, without the name of its call."""
        return {name: value for name, value in self.told[-1][1].items() if name != "call"}


@pytest.fixture
def frame() -> Frame:
    return Frame()


@pytest.fixture
def simulator(frame: Frame) -> Simulator:
    return Simulator(frame)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Nobody shows the phone, and nobody has 30 s."""
    monkeypatch.setattr(_remote, "PATIENCE", 0.01)
    return Simulator(Frame(answers=False))


def get(
    server: Server,
    path: str,
    method: str = "GET",
    *,
    host: str = "127.0.0.1",
    form: str = "",
    **more: str,
) -> tuple[http.client.HTTPResponse, str]:
    """An answer and its body; `host` is the name under which a browser knows the server."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    at = f"{host}:{server.port}"
    own = {"Origin": f"http://{at}"} if method == "POST" else {}
    headers = {"Host": at, **own, **{key.replace("_", "-"): more[key] for key in more}}
    connection.request(method, path, body=form, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "simulator.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "simulator.login.js").write_text(LOGIN, encoding="utf-8")
    (tmp_path / "simulator.scenario.js").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.setattr(_page, "STATIC", tmp_path)


# ---------------------------------------------------------------- who calls
CONTACT = Contact("C-1", "Bo Larsen", (Phone("(202) 555-0143"), Phone("+1 202 555 0144")))
BO = {"number": "(202) 555-0143", "name": "Bo Larsen"}


@pytest.mark.parametrize(
    ("who", "args"),
    [
        (None, {}),
        ("+12025550143", {"number": "+12025550143"}),
        (" 202 555 0143 ", {"number": "202 555 0143"}),
        (12025550143, {"number": "12025550143"}),
        (["", "+12025550143"], {"numbers": ["", "+12025550143"]}),
        (ROWS[0], BO),
        (ROWS[:1], BO),
        (CONTACT, BO),
        ([CONTACT], BO),
        (pd.DataFrame(ROWS).iloc[0], BO),
        (pd.DataFrame(ROWS).iloc[:1], BO),
        (pl.DataFrame(ROWS[:1]), BO),
        (Directory(ROWS, region="US").find("+12025550143"), BO),
        (Directory(ROWS, region="US").find("+12025550143")[0], BO),
    ],
    ids=range(14),
)
def test_whatever_stands_for_somebody_can_call(
    simulator: Simulator, frame: Frame, who: object, args: dict[str, Any]
) -> None:
    simulator.ring(who)

    assert frame.told[-1][0] == "ring"
    assert frame.last == args


def test_of_several_who_share_a_number_nobody_is_named(simulator: Simulator, frame: Frame) -> None:
    simulator.ring(Directory(ROWS, region="US").find("+14155550132"))

    assert frame.last == {"number": "+1 415 555 0132", "name": ""}


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("", "an empty text is no number"),
        ([], "there is no contact in it"),
        ({}, "there is no contact in it"),
        (Directory(ROWS).find("+1"), "there is no contact in it"),
        ({"name": "Ines Okafor", "email": "ines@example.com"}, "no contact in it has a number"),
        (3.5, "nobody can call from a float"),
        (object(), "nobody can call from a object"),
        (True, "nobody can call from a bool"),
    ],
)
def test_nobody_to_call_is_said_at_once_with_advice(
    simulator: Simulator, frame: Frame, who: object, said: str
) -> None:
    with pytest.raises(SimulatorError, match=f"{said}.*Give a number, a contact") as raised:
        simulator.ring(who)

    assert frame.told == []
    assert "Ines" not in str(raised.value)


# ---------------------------------------------------------------- a call
async def test_a_call_is_steps_that_can_be_awaited(simulator: Simulator) -> None:
    call = await simulator.ring("+12025550143")

    assert isinstance(call, SimulatedCall)
    assert await call.accept() == {"phase": "accept"}
    assert await call.end(topic="Renewal") == {"phase": "end"}


def test_steps_are_sent_in_order_without_being_awaited(frame: Frame) -> None:
    frame.answers = False
    call = Simulator(frame).ring()
    steps = [call.accept(), call.hold(), call.resume(), call.decline()]
    steps.append(call.end("Renewal", "Yearly", {"case_id": 7}))

    assert [what for what, _ in frame.told] == [
        "ring",
        "accept",
        "hold",
        "resume",
        "decline",
        "end",
    ]
    assert frame.last == {"topic": "Renewal", "notes": "Yearly", "customFields": {"case_id": "7"}}
    assert not any(step.done() for step in steps)


def test_the_steps_of_a_call_name_it_and_no_other(simulator: Simulator, frame: Frame) -> None:
    first, second = simulator.ring(), simulator.ring()
    first.accept()
    second.accept()

    names = [args["call"] for _, args in frame.told]
    assert names[0] == names[2] != names[1] == names[3]


def test_end_without_anything_is_an_empty_log(simulator: Simulator, frame: Frame) -> None:
    simulator.ring().end()

    assert frame.last == {"topic": "", "notes": "", "customFields": {}}


async def test_what_the_simulator_refuses_is_raised_where_it_is_awaited(frame: Frame) -> None:
    frame.answers = False
    call = Simulator(frame).ring()
    step = call.accept()
    frame.futures[1].set_exception(SimulatorError("there is no call"))

    with pytest.raises(SimulatorError, match="there is no call"):
        await step
    with pytest.raises(SimulatorError, match="there is no call"):
        step.result()


# ---------------------------------------------------------------- nobody answers
async def test_awaiting_a_phone_that_nobody_shows_ends_in_advice(silent: Simulator) -> None:
    with pytest.raises(SimulatorError, match="put `phone` on the last line of a cell"):
        await silent.ring()


def test_so_does_asking_for_the_result(silent: Simulator) -> None:
    with pytest.raises(SimulatorError, match=r"'accept' within 0\.02 s"):
        silent.ring().accept().result(timeout=0.02)


async def test_giving_up_does_not_take_the_answer_away(
    frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_remote, "PATIENCE", 0.01)
    frame.answers = False
    step = Simulator(frame).state()
    with pytest.raises(SimulatorError):
        await step

    frame.futures[0].set_result({"phase": "idle"})

    assert await step == {"phase": "idle"}


async def test_an_answer_from_another_thread_wakes_the_one_who_awaits(frame: Frame) -> None:
    frame.answers = False
    step = Simulator(frame).state()
    waiting = asyncio.ensure_future(step._wait())
    await asyncio.sleep(0)

    threading.Thread(target=frame.futures[0].set_result, args=({"phase": "idle"},)).start()

    assert await waiting == {"phase": "idle"}


# ---------------------------------------------------------------- the rest of it
@pytest.mark.parametrize(
    ("do", "what", "args"),
    [
        (lambda it: it.open_address_book(), "addressBook", {}),
        (lambda it: it.state(), "state", {}),
        (lambda it: it.send("requestTea"), "send", {"action": "requestTea"}),
        (lambda it: it.send("x", {"a": 1}), "send", {"action": "x", "data": {"a": 1}}),
        (
            lambda it: it.chat("bo@example.com", "Hi"),
            "chat",
            {"who": "bo@example.com", "text": "Hi"},
        ),
        (lambda it: it.chat(), "chat", {"who": "", "text": ""}),
    ],
)
def test_every_command_has_its_name_and_arguments(
    simulator: Simulator, frame: Frame, do: Any, what: str, args: dict[str, Any]
) -> None:
    do(simulator)

    assert frame.told[-1][0] == what
    assert frame.last == args


def test_a_repr_shows_how_far_it_is_and_nobody_s_number(frame: Frame) -> None:
    frame.answers = False
    simulator = Simulator(frame)
    call = simulator.ring("+12025550143")
    step = call.end(notes="Wants the yearly plan")
    assert repr(call) == "<SimulatedCall <Step ring: waiting>>"

    frame.futures[0].set_result({"number": "+12025550143"})
    frame.futures[1].set_exception(SimulatorError("no"))

    assert [repr(call), repr(step)] == ["<SimulatedCall <Step ring: done>>", "<Step end: refused>"]
    assert repr(simulator).startswith("<Simulator")


def test_a_step_knows_when_it_is_done(simulator: Simulator) -> None:
    step = simulator.state()

    assert isinstance(step, Step)
    assert step.done()
    assert step.result() == {"phase": "state"}


# ---------------------------------------------------------------- scenarios and faults
@pytest.mark.usefixtures("built")
def test_a_scenario_brings_what_carries_it_out_along(simulator: Simulator, frame: Frame) -> None:
    simulator.run([{"ring": {"number": "1"}}, {"accept": None}])

    assert frame.told == [
        (
            "scenario",
            {
                "script": SCENARIO,
                "scenario": {
                    "name": "scenario",
                    "steps": [{"do": "ring", "number": "1"}, {"do": "accept"}],
                },
            },
        )
    ]


@pytest.mark.parametrize(
    ("do", "brings"),
    [
        (lambda it: it.run("login expiry"), f"{SCENARIO}\n{LOGIN}"),
        (lambda it: it.run([{"do": "fault", "name": "login expiry"}]), f"{SCENARIO}\n{LOGIN}"),
        (lambda it: it.run("incoming call"), SCENARIO),
        (lambda it: it.fault("login expiry"), f"{SCENARIO}\n{LOGIN}"),
        (lambda it: it.fault("silence"), SCENARIO),
        (lambda it: it.end_faults(), SCENARIO),
    ],
    ids=range(6),
)
@pytest.mark.usefixtures("built")
def test_only_what_logs_out_brings_the_login_page_along(
    simulator: Simulator, frame: Frame, do: Any, brings: str
) -> None:
    do(simulator)

    assert frame.last["script"] == brings


@pytest.mark.usefixtures("built")
def test_a_fault_is_ended_by_its_name(simulator: Simulator, frame: Frame) -> None:
    fault = simulator.fault("delay", seconds=2)
    fault.end()
    simulator.end_faults()

    assert [(what, {**args, "script": ""}) for what, args in frame.told] == [
        ("fault", {"script": "", "name": "delay", "seconds": 2}),
        ("endFaults", {"script": "", "name": "delay"}),
        ("endFaults", {"script": ""}),
    ]


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("silense", {}, 'did you mean "silence"'),
        ("delay", {"second": 1}, 'did you mean "seconds"'),
        ("silence", {"seconds": 1}, 'silence takes no "seconds"'),
    ],
)
def test_a_fault_that_nobody_knows_is_said_before_anything_is_sent(
    simulator: Simulator, frame: Frame, name: str, args: dict[str, Any], said: str
) -> None:
    with pytest.raises(SimulatorError, match=said):
        simulator.fault(name, **args)

    assert frame.told == []


# ---------------------------------------------------------------- who is logged in
@pytest.mark.parametrize(
    ("do", "what", "args"),
    [
        (lambda it: it.log_in(), "login", {}),
        (lambda it: it.log_out(), "logOut", {"sso": False}),
        (lambda it: it.log_out(sso=True), "logOut", {"sso": True}),
        (lambda it: it.expire_login(), "logOut", {"sso": False, "expired": True}),
        (lambda it: it.expire_login(sso=True), "logOut", {"sso": True, "expired": True}),
    ],
    ids=range(5),
)
@pytest.mark.usefixtures("built")
def test_what_has_to_do_with_logins_brings_the_login_page_along(
    simulator: Simulator, frame: Frame, do: Any, what: str, args: dict[str, Any]
) -> None:
    step = do(simulator)

    assert frame.told == [(what, {"script": LOGIN, **args})]
    assert step.result() == {"phase": what}


def test_a_login_page_that_is_not_built_is_said_before_anything_is_sent(
    simulator: Simulator, frame: Frame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_page, "STATIC", tmp_path)

    with pytest.raises(SimulatorError, match=r"python3 dev\.py build"):
        simulator.log_out()

    assert frame.told == []


# ---------------------------------------------------------------- the page and its server
def test_the_page_alone_loads_no_server_and_no_event_loop() -> None:
    code = "import sys, crmwidget.simulator as s; print({'asyncio', 'http'} & {*sys.modules})"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_a_name_that_the_room_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'phone'"):
        _ = crmwidget.simulator.phone


@pytest.mark.usefixtures("built")
def test_the_page_is_the_built_file() -> None:
    assert page() == PAGE


@pytest.mark.usefixtures("built")
def test_an_extra_stands_behind_the_page_s_own_script_and_is_told_in_attributes() -> None:
    assert page(["login"], login="form", expired='"') == (
        '<!doctype html><html data-login="form" data-expired="&quot;" lang="en">'
        "<style>b{}</style><script>1</script><body>é<script>2</script></body></html>"
    )


@pytest.mark.usefixtures("built")
def test_an_extra_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(SimulatorError, match=r"no 'faults'\. There is: login, scenario"):
        page(["faults"])


def test_a_page_that_is_not_built_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_page, "STATIC", tmp_path)

    with pytest.raises(SimulatorError, match=r"python3 dev\.py build"):
        page()


@pytest.mark.usefixtures("built")
def test_the_server_gives_the_page_with_a_policy_that_lets_only_its_own_code_run() -> None:
    with serve() as server:
        answer, body = get(server, "/?tenantId=ABCDEF")

    assert body == SERVED
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; "
        "script-src 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=' "
        "'sha256-TgdAhWK+24tgzgXB3s/jrRa3IjCWfeAfZAt+Rym0n84='; "
        "style-src 'sha256-7yqHVAesot11p6HczDsgKRipvI5UPgs97z80zNXlans='; "
        "base-uri 'none'; form-action 'none'"
    )


@pytest.mark.usefixtures("built")
def test_head_has_the_headers_and_no_body() -> None:
    with serve() as server:
        answer, body = get(server, "/", "HEAD")

    assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(SERVED.encode())))
    assert body == ""


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/simulator.html", "/favicon.ico", "/%2e%2e/"]
)
def test_nothing_else_is_served_and_nothing_is_printed(
    path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with serve() as server:
        answer, _ = get(server, path)

    assert answer.status == 404
    assert capfd.readouterr() == ("", "")


AT_LOGIN = 'data-login="form"'


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(("login", "path"), [("form", "/"), (None, "/?login"), (None, "/?login=1")])
def test_the_login_page_is_for_whom_it_was_asked_for_and_until_somebody_logs_in(
    login: Any, path: str
) -> None:
    with serve(login=login) as server:
        before = get(server, path)[1]
        answer, nothing = get(server, "/login", "POST")
        after = get(server, path)[1]

    assert AT_LOGIN in before
    assert (answer.status, answer.headers["Location"], nothing) == (303, "/", "")
    assert "data-" not in after
    assert "<script>2</script>" in after


@pytest.mark.usefixtures("built")
def test_who_logs_out_is_asked_at_every_address_and_told_why() -> None:
    with serve() as server:
        plain = get(server, "/")[1]
        get(server, "/logout", "POST", form="way=form&expired=true")
        expired = get(server, "/")[1]
        get(server, "/login", "POST")
        get(server, "/logout", "POST", form="way=form&expired=false")
        again = get(server, "/")[1]

    assert plain == SERVED
    assert f'{AT_LOGIN} data-expired=""' in expired
    assert AT_LOGIN in again
    assert "expired" not in again


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("host", "other"), [("127.0.0.1", "localhost"), ("localhost", "127.0.0.1")]
)
def test_single_sign_on_leads_to_another_origin_that_refuses_to_be_framed_and_back(
    host: str, other: str
) -> None:
    with serve(login="sso") as server:
        away, _ = get(server, "/?tenantId=ABCDEF", host=host)
        provider, text = get(server, "/provider", host=other)
        back, _ = get(server, "/provider", "POST", host=other)
        after = get(server, "/?tenantId=ABCDEF", host=host)[1]

    here = f"http://{host}:{server.port}"
    assert away.status == 303
    assert away.headers["Location"] == f"http://{other}:{server.port}/provider"
    assert provider.headers["X-Frame-Options"] == "DENY"
    policy = provider.headers["Content-Security-Policy"]
    assert policy.endswith(f"form-action 'self' {here}; frame-ancestors 'none'")
    assert "Simulated identity provider" in text
    assert (back.status, back.headers["Location"]) == (303, f"{here}/")
    assert "data-" not in after


@pytest.mark.usefixtures("built")
def test_the_forms_of_a_page_with_a_login_may_lead_to_its_own_server_and_the_provider() -> None:
    with serve(login="form") as server:
        answer, _ = get(server, "/")

    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith(f"form-action 'self' http://localhost:{server.port}")
    assert policy.count("sha256-") == 4


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("size", [1_001, 200_000])
def test_a_form_longer_than_ours_can_be_is_refused(size: int) -> None:
    with serve() as server:
        answer, _ = get(server, "/logout", "POST", form="way=form&".ljust(size, "a"))
        page_after = get(server, "/")[1]

    assert answer.status == 413
    assert AT_LOGIN not in page_after


@pytest.mark.usefixtures("built")
def test_nothing_else_can_be_posted_to() -> None:
    with serve() as server:
        assert [get(server, path, "POST")[0].status for path in ("/", "/x")] == [404, 404]


@pytest.mark.usefixtures("built")
def test_a_port_in_use_is_said_with_advice() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(SimulatorError, match=f"port {port}: .*in use.*0 for a free one"):
            serve(port)


@pytest.mark.usefixtures("built")
def test_a_port_that_cannot_be_is_said_too() -> None:
    with pytest.raises(SimulatorError, match=r"port 99999: .*Give another port"):
        serve(99999)


@pytest.mark.usefixtures("built")
def test_a_server_that_never_served_can_be_closed() -> None:
    server = serve()
    port = server.port

    server.close()

    with socket.create_server(("127.0.0.1", port)):
        pass


@pytest.mark.usefixtures("built")
def test_close_ends_serve_forever() -> None:
    server = serve()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    answer, _ = get(server, "/")

    server.close()
    thread.join(10)

    assert (answer.status, thread.is_alive()) == (200, False)
    assert server.url == f"http://127.0.0.1:{server.port}/"
