"""The ways in that a console has: the door for `cordboard pop`, a listener for exchanges, a softphone's event port."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.calls.call import Heard
    from console.calls.exchange import Exchange

SOFTPHONE_PORT = 4444
"""Where baresip's ctrl_tcp listens when nobody says otherwise."""


TOKEN_NAME = "calls"  # noqa: S105 (a name)
"""Under this name the secret store keeps what exchanges must know: `cordboard login calls`."""


class Trouble(StrEnum):
    """Why calls are not heard on one of the ways."""

    DOOR = "door"
    ADDRESS = "address"
    """What the configuration names is no address."""
    TAKEN = "taken"
    """Something else listens there, or the address is not this computer's."""
    NO_TOKEN = "no_token"  # noqa: S105 (a name)
    """Others could reach it, and no token is kept."""
    SECRETS = "secrets"
    SOFTPHONE = "softphone"
    SOFTPHONE_BACK = "softphone_back"
    """No trouble any more: the softphone answers again."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What a profile says of how calls come in; empty parts are not used. `token` may wait for a keyring."""

    folder: Path | None = None
    listen: str = ""
    softphone: str = ""
    token: Callable[[], str] = str


NO_WAYS = Ways()
"""Nobody tells of calls."""


async def open_ways(ways: Ways, hear: Callable[[Heard], object], tell: Callable[[Trouble, str], object]) -> None:
    """Hear all ways until cancelled; `tell` is called with what does not work and its address. Raises nothing else."""
    from console.calls.door import Door  # nothing of this is needed before the first frame

    door = Door(ways.folder, hear) if ways.folder is not None else None
    exchange = None
    try:
        if door is not None:
            try:
                await door.open()
            except OSError as error:
                tell(Trouble.DOOR, error.strerror or str(ways.folder))
        if ways.listen:
            exchange = await _listening(ways, hear, tell)
        if ways.softphone:
            await _following(ways.softphone, hear, tell)
        await asyncio.Event().wait()
    finally:
        if exchange is not None:
            await exchange.stop()
        if door is not None:
            await door.close()


async def _in_a_thread(call: Callable[[], str]) -> str:
    """Return what `call` returns, from a thread that ends with the program: a keyring must not hold up the exit."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[str] = loop.create_future()

    def settle(text: str, error: Exception | None) -> None:
        if not result.done():
            result.set_exception(error) if error is not None else result.set_result(text)

    def work() -> None:
        text, failure = "", None
        try:
            text = call()
        except Exception as error:  # told to whoever waits
            failure = error
        with suppress(RuntimeError):  # the console ended meanwhile
            loop.call_soon_threadsafe(settle, text, failure)

    threading.Thread(target=work, name="token", daemon=True).start()
    return await result


async def _listening(
    ways: Ways, hear: Callable[[Heard], object], tell: Callable[[Trouble, str], object]
) -> Exchange | None:
    from console.calls.exchange import Exchange, address_in

    address = address_in(ways.listen)
    if address is None:
        tell(Trouble.ADDRESS, ways.listen)
        return None
    try:
        token = await _in_a_thread(ways.token)
    except Exception as error:  # whatever a keyring raises: without its token nobody is listened to
        tell(Trouble.SECRETS, type(error).__name__)
        return None
    exchange = Exchange(address, hear, token)
    try:
        await exchange.start()
    except PermissionError:
        tell(Trouble.TAKEN if token or address.here_only else Trouble.NO_TOKEN, ways.listen)
    except OSError:
        tell(Trouble.TAKEN, ways.listen)
    else:
        return exchange
    return None


async def _following(text: str, hear: Callable[[Heard], object], tell: Callable[[Trouble, str], object]) -> None:
    from console.calls.exchange import address_in
    from console.calls.softphone import follow

    address = address_in(text, SOFTPHONE_PORT)
    if address is None:
        tell(Trouble.ADDRESS, text)
        return
    told_of_loss = False

    def stands(connected: bool) -> None:
        nonlocal told_of_loss
        if not connected and not told_of_loss:
            told_of_loss = True
            tell(Trouble.SOFTPHONE, text)
        elif connected and told_of_loss:
            told_of_loss = False
            tell(Trouble.SOFTPHONE_BACK, text)

    await follow(address, hear, stands)
