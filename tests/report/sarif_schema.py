"""The OASIS JSON schema of SARIF 2.1.0: third-party, so it is not in the repository.

It lies in the source distribution of sarif-om. Looked for in $MESHLINT_SARIF_SCHEMA, then in pytest's
cache; otherwise pip fetches the source distribution once. Without a network the test skips by name.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

NAME = "sarif-2.1.0-rtm.4.json"


def schema_text(cache: Path) -> str | None:
    """The schema, None if it cannot be had."""
    given = os.environ.get("MESHLINT_SARIF_SCHEMA")
    if given:
        return Path(given).read_text(encoding="utf-8")
    kept = cache / NAME
    if not kept.is_file():
        text = _fetched(cache)
        if text is None:
            return None
        kept.write_text(text, encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def _fetched(folder: Path) -> str | None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-binary", "sarif-om", "--retries", "0"]
    command += ["--timeout", "10", "--dest", str(folder), "sarif-om==1.0.4"]
    try:
        subprocess.run(command, capture_output=True, check=True, timeout=90)
    except (OSError, subprocess.SubprocessError):
        return None
    for archive in folder.glob("sarif_om-*.tar.gz"):
        with tarfile.open(archive) as packed:
            for member in packed.getmembers():
                if member.name.endswith("/" + NAME):
                    file = packed.extractfile(member)
                    return file.read().decode("utf-8") if file else None
    return None
