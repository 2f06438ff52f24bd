#!/bin/sh
# Writes the committed records of a topic, headers, key and value: console-consumer.sh BROKERS TOPIC [FOLDER WITH KAFKA'S JARS]
# It ends when nothing has come for ten seconds.
here="$(dirname "$0")"
exec java -cp "${3:-$(echo "$here"/../../.local/servers/*/kafka)}/*" \
  org.apache.kafka.tools.consumer.ConsoleConsumer \
  --bootstrap-server "$1" --topic "$2" --from-beginning --timeout-ms 10000 \
  --isolation-level read_committed \
  --property print.headers=true --property print.key=true
