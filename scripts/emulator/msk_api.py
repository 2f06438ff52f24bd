"""MSK requests that MiniStack lacks: bootstrap brokers, clusters in version 2, and topics."""

import re
from urllib.parse import unquote

import embedded_servers
from ministack_adapter import msk

_V2 = re.compile(r"^/api/v2/clusters(?:/(?P<arn>.+))?$")
_TOPICS = re.compile(r"^/v1/clusters/(?P<arn>.+?)/topics(?:/(?P<topic>[^/]+))?$")

_PROVISIONED = (
    "BrokerNodeGroupInfo",
    "ClientAuthentication",
    "CurrentBrokerSoftwareInfo",
    "EncryptionInfo",
    "EnhancedMonitoring",
    "LoggingInfo",
    "NumberOfBrokerNodes",
)
_ALWAYS = ("ClusterArn", "ClusterName", "CreationTime", "CurrentVersion", "State", "Tags")


def _bootstrap_brokers(arn):
    """Returns the embedded Kafka as the brokers for IAM clients; it uses plain text and no login."""
    error = msk.problem_with_cluster(arn)
    if error:
        return error
    iam = msk.clusters[arn]["ClientAuthentication"].get("sasl", {}).get("iam", {}).get("enabled")
    return msk.json({"BootstrapBrokerStringSaslIam": embedded_servers.bootstrap_servers()} if iam else {})


def _version_2(cluster):
    return {
        **{name: cluster[name] for name in _ALWAYS},
        "ClusterType": "PROVISIONED",
        "Provisioned": {name: cluster[name] for name in _PROVISIONED},
    }


def _describe_clusters(arn):
    if arn is None:
        return msk.json({"ClusterInfoList": [_version_2(cluster) for cluster in msk.clusters.values()]})
    error = msk.problem_with_cluster(arn)
    return error or msk.json({"ClusterInfo": _version_2(msk.clusters[arn])})


def _describe_topics(arn, topic, begins_with):
    """Describes the topics of the embedded Kafka, with the replication factor of its single broker."""
    error = msk.problem_with_cluster(arn)
    if error:
        return error
    with embedded_servers.kafka_admin() as kafka:
        known = {one["name"]: one for one in kafka.describe_topics() if not one["is_internal"]}
    prefix = arn.replace(":cluster/", ":topic/")
    topics = [
        {
            "TopicArn": f"{prefix}/{name}",
            "TopicName": name,
            "PartitionCount": len(one["partitions"]),
            "ReplicationFactor": len(one["partitions"][0]["replica_nodes"]),
        }
        for name, one in sorted(known.items())
        if topic in (None, name) and name.startswith(begins_with)
    ]
    if topic is None:
        return msk.json({"Topics": topics})
    if not topics:
        return msk.not_found(f"The topic {topic} does not exist.")
    return msk.json({**topics[0], "Status": "ACTIVE"})


def _with_more(handle_request):
    async def handle(method, path, headers, body, query_params):
        if method == "GET":
            if match := _V2.match(path):
                return _describe_clusters(match["arn"] and unquote(match["arn"]))
            if match := _TOPICS.match(path):
                begins_with = (query_params.get("topicNameFilter") or [""])[0]
                return _describe_topics(
                    unquote(match["arn"]), match["topic"] and unquote(match["topic"]), begins_with
                )
        return await handle_request(method, path, headers, body, query_params)

    return handle


def register():
    """Adds the requests."""
    msk.replace_bootstrap_brokers(_bootstrap_brokers)
    msk.wrap_requests(_with_more)
