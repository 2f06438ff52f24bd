"""The processes of Lambda functions: with what the embedded servers ask for, and ended with the emulator."""

import threading

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

_VARIABLES = {"KAFKA_AUTHENTICATION": "none", "DATABASE_TLS": "off"}
"""The one thing that differs from AWS. The embedded Kafka and MariaDB speak plain text, so every function is told so,
whatever its template says; the templates themselves, and what the API shows of a function, stay those of AWS."""

_ANSWERS_ERROR = 'error: String(err.message || err), trace: err.stack || ""'

_last = threading.local()


def register():
    """Starts every function's process with the variables of the embedded servers over its own."""
    spawn = lambda_runtime.Worker._spawn

    def spawn_with_variables(worker):
        own = worker.config.get("Environment", {}).get("Variables", {})
        worker.config = {**worker.config, "Environment": {"Variables": {**own, **_VARIABLES}}}
        spawn(worker)

    lambda_runtime.Worker._spawn = spawn_with_variables
    _tell_types_of_errors()


def _tell_types_of_errors():
    """Lets a failed invocation tell the name of its error, as Lambda does, and not the one that MiniStack gives all."""
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    if _ANSWERS_ERROR not in script:
        raise RuntimeError("MiniStack's process of a function is another one than this launcher knows.")
    lambda_runtime._NODEJS_WORKER_SCRIPT = script.replace(_ANSWERS_ERROR, f"{_ANSWERS_ERROR}, name: err.name")
    invoke, execute = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm

    def invoke_and_keep_name(worker, *arguments, **named):
        result = invoke(worker, *arguments, **named)
        _last.error_name = result.get("name")
        return result

    def execute_and_tell_name(*arguments):
        _last.error_name = None
        result = execute(*arguments)
        if result.get("error") and _last.error_name:
            result["body"]["errorType"] = _last.error_name
        return result

    lambda_runtime.Worker.invoke = invoke_and_keep_name
    lambda_svc._execute_function_warm = execute_and_tell_name


def end():
    """Ends the processes of all functions and removes their files."""
    lambda_runtime.reset()
