"""Writes the committed records of a topic as JSON, a line each: confluent-kafka.py BROKERS TOPIC."""

import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

_, brokers, topic = sys.argv
consumer = Consumer(
    {
        "bootstrap.servers": brokers,
        "group.id": "not-used",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
)
partitions = consumer.list_topics(topic).topics[topic].partitions
consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
ended = set()
while len(ended) < len(partitions):
    record = consumer.poll()
    if record.error():
        ended.add(record.partition())  # The end of this partition.
        continue
    op = dict(record.headers() or []).get("op", b"").decode()
    row = record.value() and json.loads(record.value())  # None is a tombstone.
    where = {"partition": record.partition(), "offset": record.offset()}
    print(json.dumps({**where, "key": record.key().decode(), "op": op, "row": row}))
