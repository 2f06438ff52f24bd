"""Processes of Lambda functions: configured for the embedded servers, and killed with the emulator."""

import threading

from ministack_adapter import functions

_VARIABLES = {"KAFKA_AUTHENTICATION": "none", "DATABASE_TLS": "off"}
"""The only difference from AWS. The embedded Kafka and MariaDB use plain text, so every function gets these variables,
whatever its template says; the templates, and the functions that the API describes, stay those of AWS."""

_ANSWERS_ERROR = 'error: String(err.message || err), trace: err.stack || ""'

_last = threading.local()


def _with_variables(spawn):
    def spawn_with_variables(worker):
        own = worker.config.get("Environment", {}).get("Variables", {})
        worker.config = {**worker.config, "Environment": {"Variables": {**own, **_VARIABLES}}}
        spawn(worker)

    return spawn_with_variables


def _with_name_of_error(script):
    if _ANSWERS_ERROR not in script:
        raise RuntimeError("MiniStack's process of a function is another one than this launcher knows.")
    return script.replace(_ANSWERS_ERROR, f"{_ANSWERS_ERROR}, name: err.name")


def _keeping_name(invoke):
    def invoke_and_keep_name(worker, *arguments, **named):
        result = invoke(worker, *arguments, **named)
        _last.error_name = result.get("name")
        return result

    return invoke_and_keep_name


def _telling_name(execute):
    def execute_and_tell_name(*arguments):
        _last.error_name = None
        result = execute(*arguments)
        if result.get("error") and _last.error_name:
            result["body"]["errorType"] = _last.error_name
        return result

    return execute_and_tell_name


def register():
    """Overrides variables of every function's process with those of the embedded servers.

    A failed invocation reports the name of its error, as Lambda does, and not MiniStack's name for all errors.
    """
    functions.wrap_spawn(_with_variables)
    functions.wrap_worker_script(_with_name_of_error)
    functions.wrap_invoke(_keeping_name)
    functions.wrap_execute(_telling_name)


def end():
    """Ends the processes of all functions and removes their files."""
    functions.reset()
