"""Writes the committed records of a topic as JSON, a line each: kafka-python.py BROKERS TOPIC."""

import json
import sys

from kafka import KafkaConsumer, TopicPartition

_, brokers, topic = sys.argv
consumer = KafkaConsumer(
    bootstrap_servers=brokers.split(","),
    isolation_level="read_committed",
    auto_offset_reset="earliest",
)
partitions = [TopicPartition(topic, partition) for partition in consumer.partitions_for_topic(topic)]
consumer.assign(partitions)
ends = consumer.end_offsets(partitions)
while any(consumer.position(partition) < end for partition, end in ends.items()):
    for record in [record for batch in consumer.poll(1000).values() for record in batch]:
        op = dict(record.headers).get("op", b"").decode()
        row = record.value and json.loads(record.value)  # None is a tombstone.
        where = {"partition": record.partition, "offset": record.offset}
        print(json.dumps({**where, "key": record.key.decode(), "op": op, "row": row}))
