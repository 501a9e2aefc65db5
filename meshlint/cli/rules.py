"""Room: command line. `meshlint rules`: the catalog as a table or as JSON."""

from __future__ import annotations

import click

from meshlint.cli.linting import to_stdout, unknown_rule


@click.command()
@click.argument("selectors", nargs=-1, metavar="[CODES]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rules(selectors: tuple[str, ...], as_json: bool) -> int:
    """List the rules: all, or those that codes, prefixes, tags or other tools' codes name."""
    from meshlint.rules.catalog import ALL, matching

    for word in selectors:
        if not matching(word):
            raise unknown_rule(word)
    named = {rule.code for word in selectors for rule in matching(word)}
    listed = [rule for rule in ALL if not selectors or rule.code in named]
    if not as_json:
        width = max((len(rule.slug) for rule in listed), default=0)
        lines = [
            f"{rule.code:<7}{rule.severity:<9}{rule.precision:<11}"
            f"{'on' if rule.default else 'off':<5}{rule.slug:<{width}}  {rule.summary}"
            for rule in listed
        ]
        to_stdout("".join(line.rstrip() + "\n" for line in lines), people=True)
        return 0
    import json

    rows = [
        {
            "code": rule.code,
            "name": rule.slug,
            "summary": rule.summary,
            "severity": rule.severity,
            "precision": rule.precision,
            "default": rule.default,
            "kinds": list(rule.kinds),
            "tags": list(rule.tags),
            "peers": list(rule.peers),
            "since": rule.since,
        }
        for rule in listed
    ]
    to_stdout(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", people=False)
    return 0
