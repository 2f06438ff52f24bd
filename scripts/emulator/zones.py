"""Availability Zones of a possible account in us-east-1: six, of which MSK cannot use one that is not a to c."""

from ministack_adapter import ec2

_REGION = "us-east-1"

_NUMBERS = {"a": 1, "b": 2, "c": 4, "d": 6, "e": 3, "f": 5}
"""By the letter of a zone's name. AWS assigns the names per account; MiniStack numbers a to c as 1 to 3."""

WITHOUT_MSK = "use1-az3"
"""https://docs.aws.amazon.com/msk/latest/developerguide/msk-create-cluster.html"""


def _id_of(name):
    return f"use1-az{_NUMBERS[name[-1]]}"


def _describe(request):
    if ec2.filters_of(request):
        return ec2.error("InvalidParameterValue", "The emulator knows no filters of zones.", 400)
    wanted = ec2.list_of(request, "ZoneName")
    names = [f"{_REGION}{letter}" for letter in _NUMBERS]
    items = "".join(
        f"<item><zoneName>{name}</zoneName><zoneId>{_id_of(name)}</zoneId><zoneState>available</zoneState>"
        f"<regionName>{_REGION}</regionName><zoneType>availability-zone</zoneType>"
        "<optInStatus>opt-in-not-required</optInStatus></item>"
        for name in names
        if not wanted or name in wanted
    )
    return ec2.xml(
        200, "DescribeAvailabilityZonesResponse", f"<availabilityZoneInfo>{items}</availabilityZoneInfo>"
    )


def register():
    """Replaces MiniStack's zones."""
    ec2.replace_zone_ids(_id_of)
    ec2.actions["DescribeAvailabilityZones"] = _describe
