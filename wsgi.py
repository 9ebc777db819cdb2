"""The application object; nothing else."""

import os

from ophportal import create_app

application = create_app(os.environ.get("OPHPORTAL_CONFIG", "config.Production"))
