"""Runs MiniStack with the resource types that it lacks, before the embedded servers. No installed file is changed.

usage: launch.py FILE; FILE is JSON with bootstrapServers, database (host, port, user, password) and account, one of the
names in accounts.py. It is removed.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import accounts
import alarms
import ec2_types
import embedded_servers
import function_processes
import key_pairs
import log_filters
import msk_api
import msk_types
import peering
import rds_types
import subnets
import zones
from ministack_adapter import run, ssm

_MACHINE_IMAGE = "ami-0c2023a1b2c3d4e5f"


def _read_settings(file):
    settings = json.loads(file.read_text())
    file.unlink()
    embedded_servers.connect_to(settings["bootstrapServers"], settings["database"])
    accounts.play(settings["account"])


def _add_machine_images():
    """Adds the parameters with Amazon's machine images; MiniStack has two of them."""
    for kernel in ("6.1", "6.12", "default"):
        for cpu in ("arm64", "x86_64"):
            name = f"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-{kernel}-{cpu}"
            ssm.public_images.setdefault(name, _MACHINE_IMAGE)


def _end_with(parent):
    """Terminates this process when its parent has died."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


def main():
    _read_settings(Path(sys.argv.pop(1)))
    _add_machine_images()
    for part in (
        accounts,
        alarms,
        ec2_types,
        function_processes,
        key_pairs,
        log_filters,
        msk_api,
        msk_types,
        peering,
        rds_types,
        subnets,
        zones,
    ):
        part.register()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        run()
    finally:
        function_processes.end()
        # Threads that await the answer of a killed function would wait for an hour.
        os._exit(0)


if __name__ == "__main__":
    main()
