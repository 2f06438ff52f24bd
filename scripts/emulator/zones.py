"""Availability Zones of a possible account in us-east-1: six, of which MSK cannot use one."""

import accounts
from ministack_adapter import ec2

_REGION = "us-east-1"

_NUMBERS = {"a": 1, "b": 2, "c": 4, "d": 6, "e": 3, "f": 5}
"""By the letter of a zone's name. AWS assigns the names per account; MiniStack numbers a to c as 1 to 3."""

_SHUFFLED_NUMBERS = {"a": 3, "b": 6, "c": 1, "d": 5, "e": 2, "f": 4}
"""Of another account, where the zone without brokers is the first."""

WITHOUT_MSK = "use1-az3"
"""https://docs.aws.amazon.com/msk/latest/developerguide/msk-create-cluster.html"""


def _numbers():
    return _SHUFFLED_NUMBERS if accounts.zones_are_shuffled() else _NUMBERS


def _id_of(name):
    return f"use1-az{_numbers()[name[-1]]}"


def name_of(zone_id):
    """Returns the name of a zone in this account, or None if there is no such zone."""
    names = (f"{_REGION}{letter}" for letter in _numbers())
    return next((name for name in names if _id_of(name) == zone_id), None)


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
    ec2.replace_zone_names(name_of)
    ec2.actions["DescribeAvailabilityZones"] = _describe
