"""Real Kafka and MariaDB behind the emulated ones; the process that starts the emulator owns them."""

from contextlib import contextmanager

import pymysql
from kafka import KafkaAdminClient

_servers = {}


def connect_to(bootstrap_servers, database):
    """Sets their addresses; `database` has host, port, user and password of an administrator."""
    _servers.update(bootstrap_servers=bootstrap_servers, database=database)


def bootstrap_servers():
    """`host:port` of the brokers, separated by commas."""
    return _servers["bootstrap_servers"]


def database_endpoint():
    """Host and port of MariaDB."""
    return _servers["database"]["host"], _servers["database"]["port"]


@contextmanager
def kafka_admin():
    """An admin client of Kafka."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers().split(","), client_id="emulator")
    try:
        yield admin
    finally:
        admin.close()


@contextmanager
def database_admin():
    """A cursor of the administrator of MariaDB."""
    connection = pymysql.connect(**_servers["database"], autocommit=True)
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
