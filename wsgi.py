"""The application object; nothing else."""

import gc
import os

# What the start makes stays: to look through it for what could be thrown away, then and ever after, is time lost.
gc.disable()

from ophportal import create_app  # noqa: E402

application = create_app(os.environ.get("OPHPORTAL_CONFIG", "config.Production"))
gc.freeze()
gc.enable()
