"""Room: command line. `meshlint schema`: the JSON schema of the configuration file, for editors."""

from __future__ import annotations

import click

from meshlint.cli.linting import to_stdout


@click.command()
def schema() -> int:
    """Print the JSON schema of .meshlint.yaml.

    Editors with the YAML language server read it after a first line of the file such as
    # yaml-language-server: $schema=meshlint.schema.json
    """
    from meshlint.config import schema_path

    with open(schema_path(), encoding="utf-8") as file:
        to_stdout(file.read(), people=False)
    return 0
