"""The way the original project did it: one random row of each table at a time, each acknowledged before the next.

Takes a JSON file with the brokers, the login, the tables with their topics, the rows of a table and the seconds to go
on for; prints what it has sent as JSON.
"""

import json
import random
import sys
import time
from pathlib import Path

import pymysql
from kafka import KafkaProducer


def main(settings: dict) -> None:
    """Sends rows until the time is over."""
    connection = pymysql.connect(
        **settings["login"], charset="utf8mb4", cursorclass=pymysql.cursors.DictCursor, autocommit=True
    )
    producer = KafkaProducer(bootstrap_servers=settings["brokers"], acks="all")
    sent = 0
    began = time.monotonic()
    with connection, connection.cursor() as cursor:
        while time.monotonic() - began < settings["seconds"]:
            number = random.randrange(settings["rows"])
            for table, topic in settings["tables"].items():
                cursor.execute(f"SELECT * FROM {table} LIMIT {number}, 1")
                producer.send(topic, json.dumps(cursor.fetchone(), default=str).encode()).get()
                sent += 1
    seconds = time.monotonic() - began
    producer.close()
    print(json.dumps({"records": sent, "seconds": seconds}))


main(json.loads(Path(sys.argv[1]).read_text()))
