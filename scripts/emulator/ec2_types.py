"""EC2 resource types that MiniStack lacks, on top of its EC2 API. No machine boots, and no packet is ever dropped."""

import ipaddress
import random
import re
import secrets

from ministack_adapter import cloud_formation, ec2
from resource_types import any_of, resource_type


def _call(action, **parameters):
    """Calls MiniStack's EC2 API, without parameters that are None."""
    given = {name: [str(value)] for name, value in parameters.items() if value is not None}
    status, _, body = ec2.actions[action](given)
    answer = body.decode() if isinstance(body, bytes) else body
    if status >= 400:
        raise ValueError(f"ec2:{action} answers {status}: {answer}")
    return answer


def _one(answer, tag):
    return re.search(rf"<{tag}>([^<]*)</{tag}>", answer)[1]


def _numbered(prefix, values):
    return {f"{prefix}.{number}": value for number, value in enumerate(values or [], 1)}


def _tag(resource_id, properties):
    if properties.get("Tags"):
        ec2.tags[resource_id] = properties["Tags"]


def _create_instance(_logical_id, properties, _stack_name):
    interface = (properties.get("NetworkInterfaces") or [{}])[0]
    subnet_id = properties.get("SubnetId") or interface.get("SubnetId")
    subnet = ec2.subnets.get(subnet_id)
    if subnet is None:
        raise ValueError(f"AWS::EC2::Instance: the subnet {subnet_id} does not exist.")
    if properties.get("KeyName") and properties["KeyName"] not in ec2.key_pairs:
        raise ValueError(f"AWS::EC2::Instance: the key pair '{properties['KeyName']}' does not exist.")
    addresses = ipaddress.ip_network(subnet["CidrBlock"])
    answer = _call(
        "RunInstances",
        ImageId=properties["ImageId"],
        InstanceType=properties["InstanceType"],
        KeyName=properties.get("KeyName"),
        SubnetId=subnet_id,
        # AWS keeps the first four addresses of a subnet and the last for itself.
        PrivateIpAddress=addresses[random.randrange(4, addresses.num_addresses - 1)],
        UserData=properties.get("UserData"),
        **{"IamInstanceProfile.Name": properties.get("IamInstanceProfile")},
        **_numbered("SecurityGroupId", properties.get("SecurityGroupIds") or interface.get("GroupSet")),
    )
    instance_id = _one(answer, "instanceId")
    instance = ec2.instances[instance_id]
    instance["Placement"]["AvailabilityZone"] = subnet["AvailabilityZone"]
    instance["Architecture"] = "arm64" if re.match(r"[a-z]+\d+g", properties["InstanceType"]) else "x86_64"
    if not interface.get("AssociatePublicIpAddress"):
        instance["PublicIpAddress"] = instance["PublicDnsName"] = ""
    _tag(instance_id, properties)
    return instance_id, {
        "InstanceId": instance_id,
        "AvailabilityZone": subnet["AvailabilityZone"],
        "VpcId": instance["VpcId"],
        "PrivateIp": instance["PrivateIpAddress"],
        "PrivateDnsName": instance["PrivateDnsName"],
        "PublicIp": instance["PublicIpAddress"],
        "PublicDnsName": instance["PublicDnsName"],
    }


def _delete_instance(instance_id, _properties):
    _call("TerminateInstances", **{"InstanceId.1": instance_id})


def _create_address(_logical_id, properties, _stack_name):
    answer = _call("AllocateAddress", Domain=properties.get("Domain", "vpc"))
    address, allocation_id = _one(answer, "publicIp"), _one(answer, "allocationId")
    _tag(allocation_id, properties)
    return address, {"PublicIp": address, "AllocationId": allocation_id}


def _delete_address(address, _properties):
    for allocation_id, known in list(ec2.addresses.items()):
        if known["PublicIp"] == address:
            _call("ReleaseAddress", AllocationId=allocation_id)


def _create_nat_gateway(_logical_id, properties, _stack_name):
    if properties.get("AllocationId") not in ec2.addresses:
        raise ValueError(f"AWS::EC2::NatGateway: no address {properties.get('AllocationId')} is allocated.")
    given = {name: properties.get(name) for name in ("SubnetId", "AllocationId", "ConnectivityType")}
    gateway_id = _one(_call("CreateNatGateway", **given), "natGatewayId")
    _tag(gateway_id, properties)
    return gateway_id, {"NatGatewayId": gateway_id}


def _delete_nat_gateway(gateway_id, _properties):
    _call("DeleteNatGateway", NatGatewayId=gateway_id)


def _create_flow_log(_logical_id, properties, _stack_name):
    names = ("ResourceType", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName")
    given = {name: properties.get(name) for name in names}
    answer = _call("CreateFlowLogs", **given, **{"ResourceId.1": properties["ResourceId"]})
    flow_log_id = re.search(r"<item>(fl-\w+)</item>", answer)[1]
    _tag(flow_log_id, properties)
    return flow_log_id, {"Id": flow_log_id}


def _delete_flow_log(flow_log_id, _properties):
    _call("DeleteFlowLogs", **{"FlowLogId.1": flow_log_id})


def _create_peering(_logical_id, properties, _stack_name):
    for vpc_id in (properties["VpcId"], properties["PeerVpcId"]):
        if vpc_id not in ec2.vpcs:
            raise ValueError(f"AWS::EC2::VPCPeeringConnection: the VPC {vpc_id} does not exist.")
    answer = _call("CreateVpcPeeringConnection", VpcId=properties["VpcId"], PeerVpcId=properties["PeerVpcId"])
    peering_id = _one(answer, "vpcPeeringConnectionId")
    # CloudFormation accepts a peering within one account itself.
    _call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering_id)
    _tag(peering_id, properties)
    return peering_id, {"Id": peering_id}


def _delete_peering(peering_id, _properties):
    _call("DeleteVpcPeeringConnection", VpcPeeringConnectionId=peering_id)


def _register_rule(kind, store):
    """Registers a security group rule as a resource; `store` is the group's list of such rules."""
    name = f"AWS::EC2::SecurityGroup{kind}"

    def create(_logical_id, properties, _stack_name):
        group = ec2.security_groups.get(properties["GroupId"])
        if group is None:
            raise ValueError(f"{name}: the security group {properties['GroupId']} does not exist.")
        group.setdefault(store, []).extend(ec2.permissions_of([properties]))
        rule_id = f"sgr-{secrets.token_hex(9)[:17]}"
        return rule_id, {"Id": rule_id}

    def delete(_rule_id, properties):
        group = ec2.security_groups.get(properties["GroupId"], {})
        for permission in ec2.permissions_of([properties]):
            if permission in group.get(store, []):
                group[store].remove(permission)

    end = "Source" if kind == "Ingress" else "Destination"
    known = any_of(
        "GroupId",
        "IpProtocol",
        "FromPort",
        "ToPort",
        "CidrIp",
        "CidrIpv6",
        "Description",
        f"{end}SecurityGroupId",
        f"{end}PrefixListId",
    )
    resource_type(name, properties=known, create=create, delete=delete, replaced_by=known)


def _with_cidr_block(create):
    """Adds the attribute CidrBlock to MiniStack's VPC."""

    def created(logical_id, properties, stack_name):
        vpc_id, attributes = create(logical_id, properties, stack_name)
        return vpc_id, {**attributes, "CidrBlock": properties["CidrBlock"]}

    return created


_INSTANCE = {
    **any_of(
        "AvailabilityZone",
        "IamInstanceProfile",
        "ImageId",
        "InstanceType",
        "KeyName",
        "PropagateTagsToVolumeOnCreation",
        "SecurityGroupIds",
        "SubnetId",
        "Tags",
        "UserData",
    ),
    "BlockDeviceMappings": {
        "DeviceName": None,
        "Ebs": any_of("DeleteOnTermination", "Encrypted", "VolumeSize", "VolumeType"),
    },
    "MetadataOptions": any_of("HttpTokens"),
    "NetworkInterfaces": any_of("AssociatePublicIpAddress", "DeviceIndex", "GroupSet", "SubnetId"),
}


def register():
    """Adds the types."""
    resource_type(
        "AWS::EC2::Instance",
        properties=_INSTANCE,
        create=_create_instance,
        delete=_delete_instance,
        replaced_by=_INSTANCE.keys() - {"Tags"},
    )
    for name, known, create, delete in (
        ("EIP", ("Domain", "Tags"), _create_address, _delete_address),
        (
            "NatGateway",
            ("AllocationId", "ConnectivityType", "SubnetId", "Tags"),
            _create_nat_gateway,
            _delete_nat_gateway,
        ),
        (
            "FlowLog",
            (
                "DeliverLogsPermissionArn",
                "LogDestination",
                "LogDestinationType",
                "LogGroupName",
                "ResourceId",
                "ResourceType",
                "Tags",
                "TrafficType",
            ),
            _create_flow_log,
            _delete_flow_log,
        ),
        ("VPCPeeringConnection", ("PeerVpcId", "Tags", "VpcId"), _create_peering, _delete_peering),
    ):
        resource_type(
            f"AWS::EC2::{name}",
            properties=any_of(*known),
            create=create,
            delete=delete,
            replaced_by=set(known) - {"Tags"},
        )
    _register_rule("Ingress", "IpPermissions")
    _register_rule("Egress", "IpPermissionsEgress")
    vpc = cloud_formation.handlers["AWS::EC2::VPC"]
    vpc["create"] = _with_cidr_block(vpc["create"])
