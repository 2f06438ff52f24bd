#!/bin/sh
# Writes the committed records of a topic as JSON, a line each, with the value as text: kcat.sh BROKERS TOPIC
exec kcat -C -b "$1" -t "$2" -o beginning -e -q -J \
  -X isolation.level=read_committed
