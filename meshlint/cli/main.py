"""Room: command line. The entry point: `meshlint COMMAND ...`, and `meshlint PATH` for `meshlint check PATH`.

Out: data on stdout, talk on stderr, and the exit code. Whatever goes wrong ends here as one of the
documented exit codes. Imports stay in the functions: what a command does not need is not loaded.
"""

from __future__ import annotations

import sys

from meshlint.report.result import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE

WATCHERS = frozenset(("pytest", "coverage"))  # what has work of its own to do at the end of a process


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code: by SystemExit if `arguments` are given.

    Called as a program it ends the process at once: taking a run's objects apart one by one costs a
    sixth of the time of a small chart, and there is nothing left to do.
    """
    import gc

    gc.disable()  # one short run: what it allocates it keeps
    if arguments is not None:
        sys.exit(exit_code(list(arguments)))
    code = exit_code(sys.argv[1:])
    if not WATCHERS.isdisjoint(sys.modules):
        sys.exit(code)
    _leave(code)


def _leave(code: int) -> None:
    import os

    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    os._exit(code)


def exit_code(given: list[str]) -> int:
    """Run the command line; the exit code. Nothing is raised."""
    try:
        if given[:1] == ["hook"]:
            from meshlint.cli.changes import any_relevant

            if not any_relevant(given[1:]) and "--help" not in given:
                return EXIT_OK
        return _command(given)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return EXIT_OK
    except Exception as error:
        return _crashed(error, "--verbose" in given or "-v" in given)


def _command(given: list[str]) -> int:
    import click

    from meshlint.cli.app import app, with_command
    from meshlint.config import ConfigError

    try:
        result = app.main(args=with_command(given), prog_name="meshlint", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else EXIT_OK
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except ConfigError as error:
        print(f"Error: {error}", file=sys.stderr)
        return EXIT_USAGE
    except click.Abort:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def _close_stdout() -> None:
    """Whoever read stdout is gone; keep the interpreter from complaining at its end."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _crashed(error: Exception, verbose: bool) -> int:
    import traceback

    if verbose:
        traceback.print_exc()
    print(f"internal error: {type(error).__name__}: {error}", file=sys.stderr)
    if not verbose:
        print("This is a bug in meshlint; --verbose shows where.", file=sys.stderr)
    return EXIT_INTERNAL
