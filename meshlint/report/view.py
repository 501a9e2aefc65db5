"""Room: report. How a report is to be shown: colours, width, roots of paths, exit code."""

from __future__ import annotations

from typing import NamedTuple

from meshlint.options import FailOn


class View(NamedTuple):
    """The circumstances of one output; everything a format needs that is not in the Report.

    color        write ANSI colours; hyperlinks: write OSC-8 links to files
    width        columns to wrap at, 0 = do not wrap
    verbose      tracebacks of internal errors, every repeated finding
    show_suppressed   human formats list accepted findings too
    fail_on, exit_code   what the process will return and why
    root         absolute path that URIs are relative to (the git root, else the working directory)
    directory    absolute working directory, which Source paths are relative to
    config       path of the config file in use, "" for none
    """

    color: bool = False
    hyperlinks: bool = False
    width: int = 0
    verbose: bool = False
    show_suppressed: bool = False
    fail_on: FailOn = "error"
    exit_code: int = 0
    root: str = ""
    directory: str = ""
    config: str = ""
