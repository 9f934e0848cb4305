#!/usr/bin/env python
"""Starts a Dagger module: the engine calls this in the module's container, see main.dang."""

import sys

from dagger.mod.cli import app

sys.exit(app(None, "--register" in sys.argv[1:]))
