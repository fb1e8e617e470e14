"""A backend offered to many consoles: the port itself at `/desk/v1/…`, the TM Forum APIs at `/tmf-api/…`.

One process owns the backend (normally the embedded store) and serves it over HTTP with bearer tokens, limits, a live
stream and metrics. Everything here needs the extra `serve` (Starlette and uvicorn) and is imported by the command
`cordboard serve` alone.

    office.py    what every route may use: backend, ledger, events, metrics, limits
    callers.py   who asks, and what they may do
    gate.py      what every request passes: token, rate, size, time, metrics
    native.py    the port's own routes; stream.py the live stream; hub.py the callbacks
    tmf.py       `routes(office)` gives the TM Forum routes, mounted at /tmf-api
    app.py       puts all of it together; running.py lets uvicorn run it

A module that offers routes of its own has `def routes(office: Office) -> Sequence[BaseRoute]` and is named in
`app.PARTS`. Its endpoints raise errors of the port, and `answers.failed` words them; they find who asks by
`callers.caller_of(request)`, the checked body by `await answers.body_of(request)`, and protect what must happen once
by `office.once`.
"""
