"""The processes of Lambda functions: with what the embedded servers ask for, and ended with the emulator."""

from ministack.core import lambda_runtime

_VARIABLES = {"KAFKA_AUTHENTICATION": "none", "DATABASE_TLS": "off"}
"""The one thing that differs from AWS. The embedded Kafka and MariaDB speak plain text, so every function is told so,
whatever its template says; the templates themselves, and what the API shows of a function, stay those of AWS."""


def register():
    """Starts every function's process with the variables of the embedded servers over its own."""
    spawn = lambda_runtime.Worker._spawn

    def spawn_with_variables(worker):
        own = worker.config.get("Environment", {}).get("Variables", {})
        worker.config = {**worker.config, "Environment": {"Variables": {**own, **_VARIABLES}}}
        spawn(worker)

    lambda_runtime.Worker._spawn = spawn_with_variables


def end():
    """Ends the processes of all functions and removes their files."""
    lambda_runtime.reset()
