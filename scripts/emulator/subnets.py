"""Refusals of EC2 about subnets that MiniStack lacks: overlapping ranges and unknown zones."""

import ipaddress

import zones
from ministack_adapter import cloud_formation, ec2
from resource_types import with_check


def _conflict(vpc_id, cidr):
    """Returns the range of a subnet of the VPC that overlaps this one, if any."""
    wanted = ipaddress.ip_network(cidr)
    ranges = (one["CidrBlock"] for one in ec2.subnets.values() if one["VpcId"] == vpc_id)
    return next((known for known in ranges if ipaddress.ip_network(known).overlaps(wanted)), None)


def _check(properties):
    zone_id = properties.get("AvailabilityZoneId")
    if zone_id and zones.name_of(zone_id) is None:
        raise ValueError(f"Value ({zone_id}) for parameter availabilityZoneId is invalid.")
    cidr = properties["CidrBlock"]
    if _conflict(properties["VpcId"], cidr):
        raise ValueError(
            f"The CIDR '{cidr}' conflicts with another subnet (Error Code: InvalidSubnet.Conflict)"
        )


def _with_conflict(create):
    def created(request):
        cidr = ec2.parameter_of(request, "CidrBlock")
        if _conflict(ec2.parameter_of(request, "VpcId"), cidr):
            return ec2.error(
                "InvalidSubnet.Conflict", f"The CIDR '{cidr}' conflicts with another subnet", 400
            )
        return create(request)

    return created


def register():
    """Adds the refusals to the API and to CloudFormation."""
    ec2.actions["CreateSubnet"] = _with_conflict(ec2.actions["CreateSubnet"])
    subnet = cloud_formation.handlers["AWS::EC2::Subnet"]
    subnet["create"] = with_check(subnet["create"], 1, _check)
