#!/bin/bash
# Turns a machine into a Kafka client: installs Java and Kafka's tools, and writes three short commands.
#
# Requires USER_ID and BOOTSTRAP. It can run again. The other variables are for tests on another machine.
set -euo pipefail

: "${USER_ID:?}" "${BOOTSTRAP:?}"
KAFKA_HOME="${KAFKA_HOME:-/opt/kafka}"
COMMANDS="${COMMANDS:-/usr/local/bin}"
PROFILE="${PROFILE:-/etc/profile.d/kafka.sh}"
LOGIN_HOME="${LOGIN_HOME:-/home/ec2-user}"
SECURITY_PROTOCOL="${SECURITY_PROTOCOL:-SASL_SSL}"

# Jars of the Kafka 3.9.1 tools and of IAM authentication: SHA-256, artifact on Maven Central.
JARS='
d1cdd269ebaa753d1842933194e17d61958f058952d63e03dbfb3d1d78a6926e  com.fasterxml.jackson.core:jackson-annotations:2.16.2
4f43e2f1430b2d2413e8e5a3d79138e57e891d6a961b18c28ac90859639d8664  com.fasterxml.jackson.core:jackson-core:2.16.2
53b6025d98c357068296e4b134242443a248c2c582800879f1c4ea93b54bafa6  com.fasterxml.jackson.core:jackson-databind:2.16.2
793ca8734aa15687e7e64564eab8b6ae9ee2720eae27aa663074682144b1c386  com.github.luben:zstd-jni:1.5.6-4
df26cc58f235f477db07f753ba5a3ab243ebe5789d9f89ecf68dd62ea9a66c28  net.sf.jopt-simple:jopt-simple:5.0.4
7568b998572d256f0b7bc0afdc1b7a2588b8b08415c62ce314c864a6851ae9d9  org.apache.kafka:kafka-clients:3.9.1
99f1f5f81e9d39cfbe5c96ab8e3854be8deca465937192c9a6e2f231678d31f6  org.apache.kafka:kafka-server-common:3.9.1
f466777625641d4bca1314d80206eafa9e2494326496ad626489ba0a0ef479fc  org.apache.kafka:kafka-storage-api:3.9.1
a3041e6192a37e5508519d776f8af93b74d3fd23174b03e270c0394f1c77b59f  org.apache.kafka:kafka-storage:3.9.1
c365c872ffc9a04886f248c5fd90067829ed4064fcd8fe5e12611b163cd053b4  org.apache.kafka:kafka-tools-api:3.9.1
aae08609f1259e59db9746570c53d939820e9efa7a4c0fd7bf7d1b3508f34f11  org.apache.kafka:kafka-tools:3.9.1
d74a3334fb35195009b338a951f918203d6bbca3d1d359033dc33edd1cadc9ef  org.lz4:lz4-java:1.8.0
d3ef575e3e4979678dc01bf1dcce51021493b4d11fb7f1be8ad982877c16a1c0  org.slf4j:slf4j-api:1.7.36
2f39bed943d624dfa8f4102d0571283a10870b6aa36f197a8a506f147010c10f  org.slf4j:slf4j-simple:1.7.36
0f3f1857ed33116583f480b4df5c0218836c47bfbc9c6221c0d73f356decf37b  org.xerial.snappy:snappy-java:1.1.10.5
746f7a331eb02fd92fcad43935a97ce3d219e5f8a97a643012b2bb14c9020011  software.amazon.msk:aws-msk-iam-auth:2.3.2:jar:all
'

COPY='org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

install_packages() {
  # The package "maven" would bring a second JDK along.
  command -v mvn >/dev/null || dnf install -y -q java-21-amazon-corretto-headless maven-amazon-corretto21
}

install_jars() {
  local sums='' dependencies='' hash artifact group name version classifier
  while read -r hash artifact; do
    [[ -n "$hash" ]] || continue
    IFS=: read -r group name version _ classifier <<<"$artifact"
    sums+="$hash  $name-$version${classifier:+-$classifier}.jar"$'\n'
    dependencies+="<dependency><groupId>$group</groupId><artifactId>$name</artifactId><version>$version</version>"
    dependencies+="${classifier:+<classifier>$classifier</classifier>}</dependency>"
  done <<<"$JARS"
  mkdir -p "$KAFKA_HOME/libs"
  cd "$KAFKA_HOME"
  cat >pom.xml <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kafka</groupId><artifactId>client</artifactId><version>1</version>
  <dependencies>$dependencies</dependencies>
</project>
POM
  mvn -B -q "$COPY" -DexcludeTransitive=true -DoutputDirectory=libs
  cd libs
  sha256sum --check --strict --quiet <<<"${sums%$'\n'}"
}

write_client_properties() {
  cat >"$KAFKA_HOME/client.properties" <<PROPERTIES
security.protocol=$SECURITY_PROTOCOL
sasl.mechanism=OAUTHBEARER
sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;
sasl.login.callback.handler.class=software.amazon.msk.auth.iam.IAMOAuthBearerLoginCallbackHandler
group.id=$USER_ID.client
PROPERTIES
  ln -sfn "$KAFKA_HOME/client.properties" "$LOGIN_HOME/client.properties"
}

# write_command NAME: writes the script on standard input as a command.
write_command() {
  { printf '#!/bin/bash\nset -euo pipefail\n' && cat; } >"$COMMANDS/$1"
  chmod 755 "$COMMANDS/$1"
}

# write_tool NAME CLASS: writes a command that runs a class of Kafka.
write_tool() {
  write_command "$1" <<COMMAND
exec java -Xmx256m -Dorg.slf4j.simpleLogger.defaultLogLevel=error \\
  -cp '$KAFKA_HOME/libs/*' org.apache.kafka.tools.$2 "\$@"
COMMAND
}

write_commands() {
  local to="--bootstrap-server $BOOTSTRAP"
  local properties="$KAFKA_HOME/client.properties"
  local shards
  shards="$(printf -- '--group %s ' "$USER_ID.emitter" "$USER_ID.emitter."{1..7})"
  mkdir -p "$COMMANDS"
  write_tool kafka-topics.sh TopicCommand
  write_tool kafka-console-consumer.sh consumer.ConsoleConsumer
  write_tool kafka-consumer-groups.sh consumer.group.ConsumerGroupCommand
  write_tool kafka-get-offsets.sh GetOffsetShell

  write_command topics <<COMMAND
# Lists the topics that this machine may read.
exec '$COMMANDS/kafka-topics.sh' $to --command-config '$properties' --list "\$@"
COMMAND
  write_command tail-topic <<COMMAND
# Prints key and value of all committed records of a topic, and waits for more.
if [[ \$# -eq 0 ]]; then
  echo 'usage: tail-topic pin|geo|user|dead-letter [--max-messages N]' >&2
  exit 2
fi
topic="\$1"
shift
# Each topic has its own consumer group, so that two consumers do not disturb each other.
exec '$COMMANDS/kafka-console-consumer.sh' $to --topic "$USER_ID.\$topic" --from-beginning \\
  --consumer.config <(sed "s/^group.id=.*/&.\$topic/" '$properties') \\
  --consumer-property isolation.level=read_committed --consumer-property enable.auto.commit=false \\
  --property print.key=true "\$@"
COMMAND
  write_command offsets <<COMMAND
# Prints the checkpoints of the emitter's shards, then the end offsets of all partitions. A checkpoint is the next key to read,
# stored as an offset, so its LAG means nothing.
'$COMMANDS/kafka-consumer-groups.sh' $to --command-config '$properties' --describe --offsets $shards |
  grep -v "'$USER_ID\.emitter\.[1-7]' does not exist" || true
exec '$COMMANDS/kafka-get-offsets.sh' $to --command-config '$properties' --topic '$USER_ID\..*'
COMMAND
}

write_profile() {
  cat >"$PROFILE" <<PROFILE
export BOOTSTRAP='$BOOTSTRAP'
export KAFKA_HOME='$KAFKA_HOME'
PROFILE
}

install_packages
install_jars
write_client_properties
write_commands
write_profile
