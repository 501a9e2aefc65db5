"""Room: command line. `meshlint completion SHELL`: the script with which a shell completes words."""

from __future__ import annotations

import click

from meshlint.cli.linting import to_stdout

VARIABLE = "_MESHLINT_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the completion script of a shell.

    For bash: meshlint completion bash > ~/.local/share/bash-completion/completions/meshlint
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for `{shell}`")
    to_stdout(found(context.find_root().command, {}, "meshlint", VARIABLE).source() + "\n", people=False)
    return 0
