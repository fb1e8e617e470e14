"""Who asks is told to the source alone: no error, log, traceback or list of exchanges ever holds a secret."""

from __future__ import annotations

import asyncio
import base64
import html
import io
import json
import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, quote

import pytest
from rich.console import Console
from rich.traceback import Traceback

from backends.errors import BackendError, Invalid, NotSignedIn, Unavailable
from backends.rest.http import Http
from backends.rest.signing import (
    Basic,
    Bearer,
    ClientCredentials,
    Headers,
    Secret,
    Signer,
    Token,
    lifetime,
    secret_from,
    secret_text,
)
from tests.rest.http_stage import TOKEN, http_for, on_server, opened
from tests.servers.faulty import DROP_AFTER, GARBAGE, HANG, Fault, FaultProxy, error, redirect, too_many
from tests.servers.plain import PlainServer, Request, reply

SECRETS: tuple[Secret, ...] = (
    Token("sesame-4711"),
    Basic("anna", "sesame-4711"),
    ClientCredentials("desk", "sesame-4711", "https://id.example/token", "read write"),
)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_comes_back_from_the_keyring_and_is_never_shown(secret: Secret) -> None:
    """What is stored is read as the same secret, and neither its repr nor rich's shows it."""
    assert secret_from(secret_text(secret)) == secret
    told = io.StringIO()
    Console(file=told).print(secret)
    assert "sesame" not in repr(secret) + str(secret) + told.getvalue()
    assert "anna" not in repr(secret)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("sesame-4711", "secret"),
        ("[" * 100_000, "secret"),
        ('"sesame-4711"', "kind"),
        ('{"kind": "sesame-4711"}', "kind"),
        ('{"kind": ["sesame-4711"]}', "kind"),
        ('{"kind": "token", "tokne": "sesame-4711"}', "token"),
        ('{"kind": "token", "token": "sesame-4711\\r\\nX: y"}', "token"),
        ('{"kind": "basic", "user": 7, "password": "sesame-4711"}', "user"),
    ],
)
def test_an_unreadable_secret_is_named_by_its_field_only(text: str, field: str) -> None:
    """The error says which field is wrong; neither it nor the frames it passed hold the text."""
    with pytest.raises(Invalid) as caught:
        secret_from(text)
    assert caught.value.field == field
    assert "sesame" not in _everything(caught.value, below="secret_from")


def _everything(raised: BaseException, below: str = "") -> str:
    """Return all that a crash report could print of an error: the standard library's, with locals, and rich's.

    The frames of the test itself hold secrets by necessity; only those of the product are looked at.
    """
    frames = [step for step in traceback.walk_tb(raised.__traceback__) if "/tests/" not in step[0].f_code.co_filename]
    assert frames
    assert not below or any(frame.f_code.co_name == below for frame, _ in frames)
    summary = traceback.StackSummary.extract(iter(frames), capture_locals=True)
    told = io.StringIO()
    shown = Traceback.from_exception(type(raised), raised, raised.__traceback__, show_locals=True, max_frames=0)
    for stack in shown.trace.stacks:
        stack.frames = [frame for frame in stack.frames if "/tests/" not in frame.filename]
    Console(file=told, width=400).print(shown)
    assert len(shown.trace.stacks) == 1, "a chained error leads through the library, whose frames hold headers"
    return "".join(summary.format()) + told.getvalue() + repr(raised) + str(raised) + repr(vars(raised))


class Records(logging.Handler):
    """Keeps every log record as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.args!r}")


@pytest.mark.parametrize(
    "secret",
    [Token("sesame-4711"), Basic("anna", "sesame-4711"), ClientCredentials("desk", "sesame-4711", "{url}/token")],
    ids=["token", "basic", "oauth2"],
)
@pytest.mark.parametrize(
    "fault",
    [DROP_AFTER, HANG, GARBAGE, error(401), error(403), error(500), redirect(), too_many(99)],
    ids=["drop", "hang", "garbage", "401", "403", "500", "redirect", "429"],
)
async def test_no_failure_tells_a_secret(secret: Secret, fault: Fault) -> None:
    """Whatever goes wrong, with every log open and all locals printed, neither secret nor header is anywhere."""
    records = Records()
    logging.getLogger().addHandler(records)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        async with PlainServer(_token_server) as server, FaultProxy(server.url) as proxy:
            if isinstance(secret, ClientCredentials):
                secret = ClientCredentials("desk", "sesame-4711", proxy.url + "/token")
            text = secret_text(secret)
            async with opened(http_for(proxy.url, lambda: text)) as http:
                await http.get("fine")
                if fault is HANG:
                    http.access = replace(http.access, deadline=0.3)
                proxy.next(*[fault] * 6)
                with pytest.raises(BackendError) as caught:
                    (await http.get("customers", {"phone": "+39061234567"})).json()
                told = _everything(caught.value) + "\n".join(records.lines) + repr(http.exchanges) + repr(vars(http))
    finally:
        logging.getLogger().removeHandler(records)
        logging.getLogger().setLevel(level)
    for hidden in ("sesame", "bearer-of-the-day", base64.b64encode(b"anna:sesame-4711").decode()):
        assert hidden not in told
    assert "39061234567" not in "\n".join(records.lines) + repr(http.exchanges)


def _token_server(request: Request) -> bytes:
    if request.path == "/token":
        return reply(200, {"access_token": "bearer-of-the-day", "token_type": "Bearer", "expires_in": 600})
    return reply(200, {})


@pytest.mark.parametrize(
    ("echo", "kind"), [(f"unknown token {TOKEN}", "application/json"), (f"you sent {TOKEN}", "text/plain")]
)
async def test_a_server_that_echoes_the_secret_is_not_repeated(echo: str, kind: str) -> None:
    """What the server says is kept without the secret that it quotes."""
    body = json.dumps({"error": echo}).encode() if "json" in kind else echo.encode()
    async with on_server(lambda _: reply(403, body, {"Content-Type": kind})) as (http, _server):
        with pytest.raises(BackendError, match="…") as caught:
            await http.get("x")
        assert TOKEN not in caught.value.detail + repr(http.exchanges)


@pytest.mark.parametrize(
    "written",
    [
        lambda password: json.dumps({"error": f"wrong: {password}"}),
        lambda password: json.dumps({"error": f"wrong: {password}"}, ensure_ascii=False),
        lambda password: json.dumps({"error": json.dumps({"password": password})}),
        lambda password: json.dumps({"error": f"no such path /login?p={quote(password)}"}),
        lambda password: json.dumps({"error": f"<b>{html.escape(password)}</b>"}),
    ],
    ids=["ascii", "utf-8", "json-in-json", "url", "page"],
)
async def test_a_password_is_scrubbed_however_the_server_writes_it(written: Callable[[str], str]) -> None:
    """Quotes, umlauts and signs of a password are escaped in what a server says; it is found all the same."""
    password = 'sesam"öffne&dich-4711'
    body = written(password).encode()
    secret = secret_text(Basic("anna", password))
    async with on_server(lambda _: reply(403, body), lambda: secret) as (http, _server):
        with pytest.raises(BackendError, match="…") as caught:
            await http.get("x")
    told = caught.value.detail + repr(http.exchanges)
    assert not any(part in told for part in ("sesam", "ffne", "dich", "4711"))


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
async def test_a_secret_across_the_end_of_what_is_kept_leaves_no_beginning(kind: str) -> None:
    """The secret goes before the line is cut, in the error and in the list of exchanges."""
    for before in range(300 - len(TOKEN), 301):
        echo = "x" * before + TOKEN
        body = (json.dumps({"error": echo}) if "json" in kind else echo).encode()
        async with on_server(
            lambda _, body=body: reply(403, body, {"Content-Type": kind})  # type: ignore[misc]
        ) as (http, _server):
            with pytest.raises(BackendError) as caught:
                await http.get("x")
        assert "s" not in caught.value.detail.removeprefix("status 403")
        assert "s" not in http.exchanges[-1].said


async def test_what_a_token_server_echoes_of_the_credentials_is_scrubbed() -> None:
    """The header with the quoted name and secret (RFC 6749 §2.3.1) is a secret like the secret itself."""
    secret = secret_text(ClientCredentials("desk:a", "se:same/4711", "{url}/token"))

    def handler(request: Request) -> bytes:
        if request.path != "/token":
            return reply(200, {})
        return reply(403, {"error": f"got {request.headers.get('authorization', '')} and {request.body.decode()}"})

    async with PlainServer(handler) as server, opened(http_for(server.url, None)) as http:
        text = secret.replace("{url}", server.url)
        http.signer._ask = lambda: text
        with pytest.raises(NotSignedIn):
            await http.get("x")
        sent = server.requests[0].headers["authorization"].removeprefix("Basic ")
        assert "got Basic …" in http.exchanges[-1].said
        assert sent not in repr(http.exchanges)


@pytest.mark.parametrize("fails", [NotSignedIn, RuntimeError, KeyboardInterrupt])
async def test_a_keyring_that_fails_is_not_signed_in(fails: type[BaseException]) -> None:
    """Whatever the keyring raises is told as NotSignedIn by its kind only; nothing is sent."""

    def ask() -> str:
        raise fails("sesame-4711 could not be unlocked")

    async with on_server(lambda _: reply(200, {}), ask) as (http, server):
        with pytest.raises(NotSignedIn, match=fails.__name__) as caught:
            await http.get("x")
        assert "sesame" not in _everything(caught.value)
        assert server.requests == []


async def test_without_a_secret_requests_are_unsigned() -> None:
    """A feed that wants no credentials gets none, and a server that does is answered with NotSignedIn."""

    def handler(request: Request) -> bytes:
        return reply(401 if request.path == "/api/private" else 200, {})

    for secret in (None, lambda: None, lambda: ""):
        async with on_server(handler, secret) as (http, server):
            await http.get("public")
            assert "authorization" not in server.requests[0].headers
            with pytest.raises(NotSignedIn):
                await http.get("private")


async def test_the_secret_is_read_once_off_the_loop() -> None:
    """Many first requests read it once, in another thread, while the loop goes on."""
    here = threading.get_ident()
    reads: list[int] = []

    def slow() -> str:
        reads.append(threading.get_ident())
        time.sleep(0.05)
        return secret_text(Token("sesame-4711"))

    async with on_server(lambda _: reply(200, {}), slow) as (http, server):
        await asyncio.gather(*(http.get("x") for _ in range(5)))
        assert len(reads) == 1
        assert reads[0] != here
        assert {one.headers["authorization"] for one in server.requests} == {"Bearer sesame-4711"}


async def test_a_keyring_that_never_answers_costs_the_deadline() -> None:
    """Requests end in time though the wallet waits for a person, and all wait for the same dialog."""
    let_go = threading.Event()

    asked: list[int] = []

    def ask() -> None:
        asked.append(1)
        let_go.wait(30)

    async with on_server(lambda _: reply(200, {}), ask, deadline=0.2) as (http, _server):
        for _ in range(2):
            with pytest.raises(Unavailable):
                await http.get("x")
        assert len(asked) == 1, "each request opens another dialog"
        let_go.set()
        http.access = replace(http.access, deadline=5.0)
        await http.get("x")
        assert len(asked) == 1


async def test_after_a_401_the_secret_is_read_again_and_a_wrong_one_is_sent_once() -> None:
    """Who signed in anew meanwhile goes on without a restart; an unchanged wrong secret is not sent a second time."""
    stored = [secret_text(Token("old-one"))]

    def handler(request: Request) -> bytes:
        return reply(200 if request.headers["authorization"] == "token new-one" else 401, {})

    async with PlainServer(handler) as server:
        from backends.rest.access import access_from

        signer = Signer(lambda: stored[0], "token {token}")
        async with opened(Http(access_from(server.url), signer)) as http:
            with pytest.raises(NotSignedIn) as caught:
                await http.send("POST", "x", json={})
            assert (caught.value.status, len(server.requests)) == (401, 1)
            stored[0] = secret_text(Token("new-one"))
            await http.send("POST", "x", json={"a": 1})
            assert [one.headers["authorization"] for one in server.requests[1:]] == ["token old-one", "token new-one"]
            assert server.requests[-1].body == b'{"a":1}'


class TokenOffice:
    """A server that gives out numbered tokens and accepts the newest only."""

    def __init__(self, expires_in: object = 600, *, in_body: bool = False) -> None:
        self.given = 0
        self.expires_in = expires_in
        self.in_body = in_body
        self.forms: list[dict[str, list[str]]] = []

    def __call__(self, request: Request) -> bytes:
        if request.path == "/token":
            form = parse_qs(request.body.decode())
            self.forms.append(form)
            header = "Basic " + base64.b64encode(b"desk:s%3Acret").decode()
            signed = (
                form.get("client_secret") == ["s:cret"]
                if self.in_body
                else request.headers.get("authorization") == header
            )
            if not signed:
                return reply(401, {"error": "invalid_client"})
            self.given += 1
            held = {"access_token": f"bearer-{self.given}", "token_type": "bearer", "expires_in": self.expires_in}
            return reply(200, held)
        return reply(200 if request.headers.get("authorization") == f"Bearer bearer-{self.given}" else 401, {})


def _oauth2(url: str, secret: str = "s:cret", scope: str = "tickets") -> Callable[[], str]:
    return lambda: secret_text(ClientCredentials("desk", secret, url + "/token", scope))


@pytest.mark.parametrize("in_body", [False, True])
async def test_client_credentials_are_exchanged_once_for_all_requests(in_body: bool) -> None:
    """The token is fetched at the first request, in the header or where that is refused in the body, and kept."""
    office = TokenOffice(in_body=in_body)
    async with PlainServer(office) as server, opened(http_for(server.url, _oauth2(server.url))) as http:
        await asyncio.gather(*(http.get("x") for _ in range(4)))
        await http.get("x")
        assert office.given == 1
        assert office.forms[-1]["grant_type"] == ["client_credentials"]
        assert office.forms[-1]["scope"] == ["tickets"]


async def test_a_token_that_expires_midway_is_fetched_anew() -> None:
    """By the clock before it is used, and by a 401 when the server took it back; a write is done all the same."""
    office = TokenOffice(expires_in=1)
    async with PlainServer(office) as server, opened(http_for(server.url, _oauth2(server.url))) as http:
        await http.get("x")
        signer = http.signer
        assert signer._bearer is not None
        signer._bearer = Bearer(signer._bearer.value, time.monotonic() - 1)
        await http.get("x")
        assert office.given == 2
        signer._bearer = Bearer("bearer-taken-back", time.monotonic() + 600)
        await http.send("POST", "x", json={})
        assert office.given == 3


async def test_two_401_end_in_not_signed_in() -> None:
    """A server that refuses also the new token is believed: two requests, no circle."""

    def handler(request: Request) -> bytes:
        return _token_server(request) if request.path == "/token" else reply(401, {})

    async with PlainServer(handler) as server, opened(http_for(server.url, _oauth2(server.url))) as http:
        with pytest.raises(NotSignedIn):
            await http.get("x")
        assert [one.path for one in server.requests] == ["/token", "/x", "/token", "/x"]


async def test_a_token_office_that_refuses_is_not_signed_in_and_one_that_fails_is_unavailable() -> None:
    """Wrong credentials, an answer without a token, plain http elsewhere: NotSignedIn; a broken office is a bad day."""
    async with PlainServer(TokenOffice()) as server, opened(http_for(server.url, _oauth2(server.url, "wrong"))) as http:
        with pytest.raises(NotSignedIn, match="no token") as caught:
            await http.get("x")
        assert caught.value.status == 401
    for answer, raised in ((reply(200, {"token": 1}), NotSignedIn), (reply(502), Unavailable)):
        async with (
            PlainServer(lambda _, answer=answer: answer) as server,  # type: ignore[misc]
            opened(http_for(server.url, _oauth2(server.url), deadline=1.0)) as http,
        ):
            with pytest.raises(raised):
                await http.get("x")
    async with on_server(_token_server, _oauth2("http://id.example")) as (http, server):
        with pytest.raises(NotSignedIn, match="not https"):
            await http.get("x")
        assert server.requests == []


def test_a_lifetime_is_shortened_and_never_trusted_blindly() -> None:
    """A token counts as expired a little before its end; what is no number of seconds is an hour."""
    assert [lifetime(600), lifetime("60"), lifetime(1), lifetime(None), lifetime(-5), lifetime("soon")] == [
        570.0,
        54.0,
        1.0,
        3570.0,
        3570.0,
        3570.0,
    ]
    assert lifetime(float("nan")) == lifetime(float("inf")) == 3570.0


def test_headers_show_nothing() -> None:
    """The object that carries an Authorization header prints no content, not even through rich."""
    headers = Headers({"Accept": "x"})
    headers["Authorization"] = "Bearer sesame-4711"
    told = io.StringIO()
    Console(file=told).print(headers)
    assert "sesame" not in repr(headers) + told.getvalue()


async def test_a_header_that_is_a_secret_is_not_shown_either() -> None:
    """A session's cookie given as `Headers` is sent, and in no frame of an error."""
    async with on_server(lambda _: reply(500, {}), deadline=2.0) as (http, server):
        for method in ("GET", "POST"):
            with pytest.raises(Unavailable) as caught:
                await http.send(method, "x", json={}, headers=Headers({"Cookie": "sid=sesame-4711"}))
            assert "sesame" not in _everything(caught.value)
        with pytest.raises(Unavailable) as caught:
            await http.get("x", headers=Headers({"Cookie": "sid=sesame-4711"}))
        assert "sesame" not in _everything(caught.value)
        assert {one.headers["cookie"] for one in server.requests} == {"sid=sesame-4711"}
