"""Where a secret may be sent: over trusted TLS, to the source's own origin, through the proxy that was named."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from backends.errors import Invalid, Refused, Unavailable
from backends.rest.access import Access, access_from, is_loopback, may_carry_secrets, origin_of, path_of
from backends.rest.signing import ClientCredentials, secret_text
from tests.rest.http_stage import http_for, opened
from tests.servers.plain import PlainServer, Request, reply


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("rt+https://desk.example/rt", "https://desk.example/rt/"),
        ("rt://desk.example:8443/", "https://desk.example:8443/"),
        ("https://desk.example", "https://desk.example/"),
        ("tmf+http://127.0.0.1:4010/", "http://127.0.0.1:4010/"),
        ("TMF+HTTP://LOCALHOST:4010/a//", "http://LOCALHOST:4010/a/"),
        ("alertmanager+http://[::1]:9093/", "http://[::1]:9093/"),
    ],
)
def test_a_source_s_url_is_read(url: str, base: str) -> None:
    """Dialect and transport are parted, https is the default, and the base ends with one slash."""
    assert access_from(url).base == base


@pytest.mark.parametrize(
    ("url", "settings", "field", "code"),
    [
        ("rt+http://desk.example/", {}, "url", "not_https"),
        ("rt+http://127.0.0.1.example.com/", {}, "url", "not_https"),
        ("rt+http://localhost.example/", {}, "url", "not_https"),
        ("rt+ftp://desk.example/", {}, "url", "transport"),
        ("rt+https://anna:sesame@desk.example/", {}, "url", "password"),
        ("rt+https://anna@desk.example/", {}, "url", "password"),
        ("rt+https:///x", {}, "url", "no_host"),
        ("rt+https://desk.example:port/", {}, "url", "not_a_url"),
        ("rt+https://[desk/", {}, "url", "not_a_url"),
        ("desk.example", {}, "url", "not_a_url"),
        ("rt+https://desk.example/?token=x", {}, "url", "query"),
        ("rt+https://desk.example/", {"deadline": 0}, "deadline", "out_of_range"),
        ("rt+https://desk.example/", {"deadline": float("nan")}, "deadline", "out_of_range"),
        ("rt+https://desk.example/", {"connections": 0}, "connections", "out_of_range"),
        ("rt+https://desk.example/", {"body_limit": 0}, "body_limit", "out_of_range"),
        ("rt+https://desk.example/", {"proxy": "http://anna:sesame@proxy.example"}, "proxy", "password"),
        ("rt+https://desk.example/", {"proxy": "socks5://proxy.example"}, "proxy", "transport"),
        ("rt+https://desk.example/", {"ca_file": "/nowhere/ca.pem"}, "ca_file", "not_found"),
    ],
)
def test_a_setting_that_would_harm_is_named(url: str, settings: dict[str, object], field: str, code: str) -> None:
    """Every wrong setting is Invalid with its name, and a password that was typed is not repeated."""
    with pytest.raises(Invalid) as caught:
        access_from(url, name="desk", **settings)  # type: ignore[arg-type]
    assert (caught.value.field, caught.value.code, caught.value.source) == (field, code, "desk")
    assert "sesame" not in str(caught.value)


def test_plain_http_elsewhere_only_when_it_is_allowed() -> None:
    """The profile may allow it; then the token's address may be plain as well."""
    open_to_all = access_from("rt+http://desk.example/", allow_http=True)
    assert open_to_all.base == "http://desk.example/"
    assert may_carry_secrets("http://id.example/token", open_to_all)
    guarded = access_from("rt+https://desk.example/")
    asked = ("https://id.example/t", "http://127.9.9.9/t", "http://id.example/t", "ftp://127.0.0.1/")
    assert [may_carry_secrets(url, guarded) for url in asked] == [True, True, False, False]


def test_origins_are_compared_whole() -> None:
    """Scheme, host and port count, the default port too; what is no URL has none."""
    assert origin_of("https://Desk.Example/a") == origin_of("https://desk.example:443") == "https://desk.example:443"
    assert origin_of("http://[::1]:80/x") == "http://[::1]:80"
    assert [origin_of(url) for url in ("mailto:x", "http://[x", "http://x:99999/", "/x")] == ["", "", "", ""]
    assert [is_loopback(url) for url in ("http://127.0.0.1:9", "http://[::1]", "http://localhost.", "http://0/")] == [
        True,
        True,
        True,
        False,
    ]


def test_keys_make_one_segment_of_a_path() -> None:
    """No key, whatever is in it, adds a level or climbs one."""
    assert path_of("ticket", 12, "a/b?c#d é") == "ticket/12/a%2Fb%3Fc%23d%20%C3%A9"
    for segment in ("", ".", ".."):
        with pytest.raises(Invalid):
            path_of("ticket", segment)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority that no computer trusts."""
    return trustme.CA()


def _tls(authority: trustme.CA, host: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


def _rows(_request: Request) -> bytes:
    return reply(200, [1])


async def test_an_own_authority_is_trusted_when_its_file_is_named(authority: trustme.CA, tmp_path: Path) -> None:
    """With the bundle the server answers; without it, or under another name, nothing is sent at all."""
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    async with PlainServer(_rows, _tls(authority)) as server:
        async with opened(http_for(server.url, ca_file=str(bundle))) as http:
            assert (await http.get("x")).json() == [1]
        async with opened(http_for(server.url, deadline=1.0)) as http:
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                await http.get("x")
    async with PlainServer(_rows, _tls(authority, "desk.example")) as server:
        async with opened(http_for(server.url, ca_file=str(bundle), deadline=1.0)) as http:
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                await http.get("x")
        assert server.requests == []


async def test_plain_http_loads_no_authorities_until_https_is_asked(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source without TLS starts without its cost; a token's address with TLS is verified all the same."""
    loaded: list[ssl.SSLContext] = []
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda context: loaded.append(context))

    def office(request: Request) -> bytes:
        return reply(200, {"access_token": "bearer-of-the-day", "token_type": "bearer"})

    async with PlainServer(_rows) as server, PlainServer(office, _tls(authority)) as tokens:
        async with opened(http_for(server.url, None)) as http:
            assert (await http.get("x")).json() == [1]
        assert loaded == []
        credentials = secret_text(ClientCredentials("desk", "sesame", tokens.url + "/token"))
        async with opened(http_for(server.url, lambda: credentials, deadline=1.0)) as http:
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                await http.get("x")
        assert len(loaded) == 1
        assert tokens.requests == []
        monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda context: authority.configure_trust(context))
        async with opened(http_for(server.url, lambda: credentials)) as http:
            assert (await http.get("x")).json() == [1]
        assert server.requests[-1].headers["authorization"] == "Bearer bearer-of-the-day"


async def test_a_bundle_that_is_none_is_named(tmp_path: Path) -> None:
    """A file without certificates is Invalid at opening, with the file's name."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text("not a certificate")
    async with opened(http_for("https://desk.example", ca_file=str(bundle))) as http:
        with pytest.raises(Invalid, match=r"ca\.pem") as caught:
            await http.open()
        assert (caught.value.field, caught.value.source) == ("ca_file", "desk")


async def test_the_proxy_is_the_named_one_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxy is asked when the profile says so; this computer itself is never asked through one."""
    async with PlainServer(lambda request: reply(200, [request.target])) as proxy, PlainServer(_rows) as local:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        target = "http://desk.invalid/x"
        for named in (proxy.url, "environment"):
            async with opened(http_for("rt+http://desk.invalid/", allow_http=True, proxy=named)) as http:
                assert (await http.get("x")).json() == [target]
        async with opened(http_for("rt+http://desk.invalid/", allow_http=True, deadline=1.0)) as http:
            with pytest.raises(Unavailable):
                await http.get("x")
        async with opened(http_for(local.url, proxy=proxy.url)) as http:
            assert (await http.get("x")).json() == [1]
        assert len(proxy.requests) == 2


async def test_another_port_is_another_place() -> None:
    """A link of the same host on another port is refused before anything is sent."""
    async with PlainServer(_rows) as server, PlainServer(_rows) as other, opened(http_for(server.url)) as http:
        with pytest.raises(Refused):
            await http.get(other.url + "/x")
        assert other.requests == []


def test_an_access_shows_where_it_leads() -> None:
    """The origin is what credentials are bound to."""
    assert Access("https://desk.example/rt/").origin == "https://desk.example:443"
