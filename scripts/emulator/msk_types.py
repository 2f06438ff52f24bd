"""MSK resource types. A cluster is only described; its topics are those of the embedded Kafka."""

import base64
import json
import secrets
import time

from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import UnknownTopicOrPartitionError

import embedded_servers
import zones
from ministack_adapter import ec2, msk
from resource_types import any_of, resource_type

_FORGOTTEN_SECONDS = 30
"""Timeout for Kafka to remove a topic."""

_CLUSTER = {
    **any_of("ClusterName", "EnhancedMonitoring", "KafkaVersion", "NumberOfBrokerNodes", "Tags"),
    "BrokerNodeGroupInfo": {
        **any_of("ClientSubnets", "InstanceType", "SecurityGroups"),
        "StorageInfo": {"EBSStorageInfo": any_of("VolumeSize")},
    },
    "ClientAuthentication": {"Sasl": {"Iam": any_of("Enabled")}, "Unauthenticated": any_of("Enabled")},
    "ConfigurationInfo": any_of("Arn", "Revision"),
    "EncryptionInfo": {"EncryptionInTransit": any_of("ClientBroker", "InCluster")},
    "LoggingInfo": {"BrokerLogs": {"CloudWatchLogs": any_of("Enabled", "LogGroup")}},
}

_CONFIGURATION = any_of("Description", "Name", "ServerProperties")

_TOPIC = any_of("ClusterArn", "Configs", "PartitionCount", "ReplicationFactor", "TopicName")


def _refuse(resource, reason):
    raise ValueError(f"AWS::MSK::{resource}: {reason}")


def _answer(status_headers_body):
    status, _, body = status_headers_body
    if status >= 400:
        raise ValueError(f"MSK answers {status}: {body.decode()}")
    return json.loads(body)


def _as_api(value):
    """Converts a property to the form of MSK's API: names begin with a small letter, values are not only text."""
    if isinstance(value, dict):
        return {
            "ebsStorageInfo" if name == "EBSStorageInfo" else name[:1].lower() + name[1:]: _as_api(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_as_api(item) for item in value]
    # CloudFormation may pass booleans and numbers as text.
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _create_cluster(_logical_id, properties, _stack_name):
    _check_cluster(properties)
    request = {**_as_api(properties), "tags": properties.get("Tags", {})}
    arn = _answer(msk.create_cluster(json.dumps(request).encode()))["clusterArn"]
    return arn, {"Arn": arn, "CurrentVersion": msk.clusters[arn]["CurrentVersion"]}


def _check_cluster(properties):
    subnets = properties["BrokerNodeGroupInfo"]["ClientSubnets"]
    in_zones = [ec2.subnets[subnet]["AvailabilityZoneId"] for subnet in subnets]
    if zones.WITHOUT_MSK in in_zones:
        _refuse("Cluster", f"no broker can be in the zone with the id {zones.WITHOUT_MSK}.")
    if len({*in_zones}) < len(subnets) or int(properties["NumberOfBrokerNodes"]) % len(subnets):
        _refuse("Cluster", "the subnets must be in different zones, each with as many brokers as the others.")
    configuration = properties.get("ConfigurationInfo")
    if configuration and not _revision(configuration["Arn"], int(configuration["Revision"])):
        _refuse("Cluster", f"there is no configuration {configuration['Arn']}, {configuration['Revision']}.")


def _revision(arn, number):
    return next((one for one in msk.config_revisions.get(arn, []) if one["Revision"] == number), None)


def _update_cluster(arn, old, properties, _stack_name):
    _check_cluster(properties)
    new_group, old_group = properties["BrokerNodeGroupInfo"], old["BrokerNodeGroupInfo"]
    for name in ("ClientSubnets", "SecurityGroups"):
        if new_group.get(name) != old_group.get(name):
            _refuse("Cluster", f"{name} cannot change, for a cluster with a name cannot be replaced.")
    changed = [name for name, read in _ATTRIBUTES.items() if read(properties) != read(old)]
    if len(changed) > 1:
        _refuse(
            "Cluster", f"you can't update multiple attributes of the cluster at once: {', '.join(changed)}."
        )
    if int(properties["NumberOfBrokerNodes"]) < int(old["NumberOfBrokerNodes"]):
        _refuse("Cluster", "NumberOfBrokerNodes cannot become less.")
    if _volume_size(new_group) < _volume_size(old_group):
        _refuse("Cluster", "VolumeSize cannot become less.")
    # MiniStack describes a new cluster, so that both descriptions are alike.
    fresh = {**_as_api(properties), "clusterName": f"changing-{secrets.token_hex(4)}"}
    described = msk.clusters.pop(_answer(msk.create_cluster(json.dumps(fresh).encode()))["clusterArn"])
    kept = {name: msk.clusters[arn][name] for name in ("ClusterArn", "ClusterName", "CreationTime")}
    msk.clusters[arn] = {
        **described,
        **kept,
        "Tags": properties.get("Tags", {}),
        "CurrentVersion": _version(),
    }
    msk.tags[arn] = properties.get("Tags", {})
    return arn, {"Arn": arn, "CurrentVersion": msk.clusters[arn]["CurrentVersion"]}


def _volume_size(group):
    return int(group.get("StorageInfo", {}).get("EBSStorageInfo", {}).get("VolumeSize", 1))


_ATTRIBUTES = {
    "broker count": lambda cluster: int(cluster["NumberOfBrokerNodes"]),
    "broker storage": lambda cluster: _volume_size(cluster["BrokerNodeGroupInfo"]),
    "broker type": lambda cluster: cluster["BrokerNodeGroupInfo"]["InstanceType"],
    "version and configuration": lambda cluster: (
        cluster["KafkaVersion"],
        cluster.get("ConfigurationInfo"),
    ),
    "monitoring": lambda cluster: (cluster.get("EnhancedMonitoring"), cluster.get("LoggingInfo")),
    "security": lambda cluster: (cluster.get("ClientAuthentication"), cluster.get("EncryptionInfo")),
}
"""What one request of MSK's API changes: https://docs.aws.amazon.com/msk/1.0/apireference/resources.html"""


def _version():
    return f"K{secrets.token_hex(7).upper()}"[:14]


_topics = {}
"""Names of the topics by the ARN of their cluster."""


def _delete_cluster(arn, _properties):
    """Deletes the cluster with its topics, which stacks leave to it."""
    for name in sorted(_topics.pop(arn, ())):
        _delete_topic_of_kafka(name)
    msk.delete_cluster(arn)


def _create_configuration(_logical_id, properties, _stack_name):
    arn = _answer(msk.create_configuration(json.dumps(_as_api(properties)).encode()))["arn"]
    return arn, _configuration_attributes(arn)


def _update_configuration(arn, _old, properties, _stack_name):
    """Adds a revision; earlier ones stay."""
    revisions, description = msk.config_revisions[arn], properties.get("Description", "")
    latest = {"CreationTime": msk.now_iso(), "Description": description, "Revision": len(revisions) + 1}
    revisions.append({**latest, "ServerProperties": properties["ServerProperties"]})
    msk.configurations[arn].update(LatestRevision=latest, Description=description)
    return arn, _configuration_attributes(arn)


def _configuration_attributes(arn):
    latest = msk.configurations[arn]["LatestRevision"]
    return {"Arn": arn, **{f"LatestRevision.{name}": str(value) for name, value in latest.items()}}


def _delete_configuration(arn, _properties):
    msk.configurations.pop(arn, None)
    msk.config_revisions.pop(arn, None)


def _create_topic(_logical_id, properties, _stack_name):
    """Creates the topic in the embedded Kafka, a single broker: with one copy, whatever ReplicationFactor says."""
    cluster = msk.clusters.get(properties["ClusterArn"])
    if cluster is None:
        _refuse("Topic", f"the cluster {properties['ClusterArn']} does not exist.")
    if int(properties["ReplicationFactor"]) > int(cluster["NumberOfBrokerNodes"]):
        _refuse("Topic", "ReplicationFactor is larger than the number of brokers.")
    name, partitions = properties["TopicName"], int(properties["PartitionCount"])
    topic = {"num_partitions": partitions, "replication_factor": 1, "configs": _configs(properties)}
    with embedded_servers.kafka_admin() as kafka:
        kafka.create_topics({name: topic}, wait_for_metadata=True)
    _topics.setdefault(properties["ClusterArn"], set()).add(name)
    arn = f"{properties['ClusterArn'].replace(':cluster/', ':topic/')}/{name}"
    return arn, {"TopicArn": arn}


def _configs(properties):
    """Decodes Configs: lines of name=value, in base64."""
    text = base64.b64decode(properties.get("Configs", "")).decode()
    return dict(line.split("=", 1) for line in text.splitlines())


def _update_topic(arn, old, properties, _stack_name):
    if _configs(properties) != _configs(old):
        topic = ConfigResource(ConfigResourceType.TOPIC, properties["TopicName"], _configs(properties))
        with embedded_servers.kafka_admin() as kafka:
            kafka.alter_configs([topic])
    partitions, former = int(properties["PartitionCount"]), int(old["PartitionCount"])
    if partitions < former:
        _refuse("Topic", "PartitionCount cannot become less.")
    if partitions > former:
        with embedded_servers.kafka_admin() as kafka:
            kafka.create_partitions({properties["TopicName"]: partitions})
    return arn, {"TopicArn": arn}


def _delete_topic(_arn, properties):
    _topics.get(properties["ClusterArn"], set()).discard(properties["TopicName"])
    _delete_topic_of_kafka(properties["TopicName"])


def _delete_topic_of_kafka(name):
    with embedded_servers.kafka_admin() as kafka:
        try:
            kafka.delete_topics([name])
        except UnknownTopicOrPartitionError:
            return
        end = time.monotonic() + _FORGOTTEN_SECONDS
        while name in kafka.list_topics():
            if time.monotonic() > end:
                _refuse("Topic", f"Kafka still has {name}.")
            time.sleep(0.05)


def register():
    """Adds the types."""
    resource_type(
        "AWS::MSK::Cluster",
        properties=_CLUSTER,
        create=_create_cluster,
        update=_update_cluster,
        delete=_delete_cluster,
        replaced_by={"ClusterName"},
    )
    resource_type(
        "AWS::MSK::Configuration",
        properties=_CONFIGURATION,
        create=_create_configuration,
        update=_update_configuration,
        delete=_delete_configuration,
        replaced_by={"Name"},
    )
    resource_type(
        "AWS::MSK::Topic",
        properties=_TOPIC,
        create=_create_topic,
        update=_update_topic,
        delete=_delete_topic,
        replaced_by={"ClusterArn", "ReplicationFactor", "TopicName"},
    )
