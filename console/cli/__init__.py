"""The command `cordboard`: finds the module of the command asked for, and turns every error into a line and a code.

Only the module of the command asked for is imported, so that `cordboard find` never waits for what the screens need.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from console import i18n
from console.cli import codes
from console.cli.output import Writer, standard_streams
from console.cli.setting import Setting
from console.config import ConfigError
from console.data import DataError
from console.i18n import _

__all__ = ["main", "run"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code (see `codes`); never raises."""
    os.umask(0o077)
    out, err = standard_streams()
    try:
        code = run(list(sys.argv[1:] if argv is None else argv), Setting(out, err))
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_the_rest()
        return codes.PIPE_CLOSED
    except OSError as error:
        _drop_the_rest()
        return _say(err, _("cannot write the output: {why}").format(why=error.strerror or error), codes.CANNOT_CREATE)
    return code


def _drop_the_rest() -> None:
    """Give what is still in the buffer somewhere to go: the interpreter would fail on it again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(argv: Sequence[str], setting: Setting) -> int:
    """Run the command line in `setting`; every error becomes a line on its standard error and an exit code.

    Raises OSError only when the output cannot be written.
    """
    from backends.errors import BackendError
    from console.cli import parsing

    _speak(setting)
    err = setting.err
    try:
        return parsing.dispatch(argv, setting)
    except codes.Stop as stop:
        return _say(err, stop.says, stop.code)
    except ConfigError as error:
        for fault in error.faults:
            _say(err, str(fault), codes.CONFIG)
        return codes.CONFIG
    except DataError as error:
        return _say(err, str(error), codes.CONFIG)
    except BackendError as error:
        from console.cli.wording import worded

        return _say(err, *worded(error, setting.backend_url))
    except KeyboardInterrupt:
        return codes.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        raise
    except Exception as error:  # the last resort: no traceback, which may quote a customer, reaches the terminal
        err.line(_filed(error, setting))
        return codes.BROKEN


def _filed(error: Exception, setting: Setting) -> str:
    """Keep the details of a fault of our own for those who repair it, and return what to tell."""
    from console.terminal.failures import file_failure

    return file_failure(error, setting.paths.state).words(saved=False)


def _say(err: Writer, says: str, code: int) -> int:
    err.line("cordboard: " + " ".join(says.split("\n")))
    return code


def _speak(setting: Setting) -> None:
    """Use the language that the environment or the file asks for; a wrong file is complained about later."""
    try:
        i18n.use(setting.language)
    except ConfigError:
        i18n.use(i18n.preferred(setting.environ))
