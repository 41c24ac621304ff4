"""The Prefect face (installed as `regbulk.flows`): one screen each, named steps, no logic of their own.

Nothing secret and nobody's data goes into parameters, results or artifacts. Telemetry of Prefect is off unless its
variables say otherwise before this package is imported.
"""

import os

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # as for the command line: memory is given back at once
