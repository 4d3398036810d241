"""Check the room borders of pyproject.toml: import-linter has no `python -m`; scripts break in paths with spaces."""

import os
import sys
from pathlib import Path

from importlinter import cli

project = Path(__file__).resolve().parent.parent
os.chdir(project)
sys.path.insert(0, str(project))
sys.exit(cli.lint_imports())
