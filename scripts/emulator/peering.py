"""Options of VPC peering connections, which MiniStack lacks: DNS resolution."""

import re

from ministack_adapter import ec2

_SIDES = {"Requester": "requester", "Accepter": "accepter"}

_OPTION = "AllowDnsResolutionFromRemoteVpc"

_options = {}
"""By the id of the connection and the side."""


def _xml_of(enabled):
    return f"<allowDnsResolutionFromRemoteVpc>{str(enabled).lower()}</allowDnsResolutionFromRemoteVpc>"


def _modify(request):
    peering_id = ec2.parameter_of(request, "VpcPeeringConnectionId")
    known = ec2.peerings.get(peering_id)
    if known is None:
        message = f"The vpcPeeringConnection ID '{peering_id}' does not exist"
        return ec2.error("InvalidVpcPeeringConnectionID.NotFound", message, 400)
    if known["Status"]["Code"] != "active":
        return ec2.error("OperationNotPermitted", "The peering connection must be active.", 400)
    answer = ""
    for side, tag in _SIDES.items():
        value = ec2.parameter_of(request, f"{side}PeeringConnectionOptions.{_OPTION}")
        if value:
            _options[peering_id, side] = value == "true"
            answer += f"<{tag}PeeringConnectionOptions>{_xml_of(value)}</{tag}PeeringConnectionOptions>"
    return ec2.xml(200, "ModifyVpcPeeringConnectionOptionsResponse", answer)


def _with_options(describe):
    def described(request):
        status, headers, body = describe(request)
        text = body.decode() if isinstance(body, bytes) else body
        for (peering_id, side), enabled in _options.items():
            tag = f"{_SIDES[side]}VpcInfo"
            pattern = rf"(<vpcPeeringConnectionId>{peering_id}</.*?)(</{tag}>)"
            options = f"<peeringOptions>{_xml_of(enabled)}</peeringOptions>"
            text = re.sub(pattern, rf"\1{options}\2", text, count=1, flags=re.DOTALL)
        return status, headers, text.encode() if isinstance(body, bytes) else text

    return described


def register():
    """Adds the request, and the options to the description of a connection."""
    ec2.actions["ModifyVpcPeeringConnectionOptions"] = _modify
    name = "DescribeVpcPeeringConnections"
    ec2.actions[name] = _with_options(ec2.actions[name])
