"""Limits of the account that the emulator plays: an established one, or one of those that refuse more."""

import json

from ministack_adapter import cloud_formation, functions, requests
from resource_types import with_check

_ESTABLISHED = {
    "concurrency": 1000,
    "memory": 10240,
    "plan": "PAID",
    "backup_days": 35,
    "zones_shuffled": False,
}

_ACCOUNTS = {
    "established": {},
    # The name us-east-1a belongs to use1-az3, which has no brokers.
    "zones-shuffled": {"zones_shuffled": True},
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    "small-quotas": {"concurrency": 10, "memory": 3008},
    "free-plan": {"plan": "FREE", "backup_days": 1},
}

_limits = dict(_ESTABLISHED)


def play(account):
    """Sets the limits; `account` is one of the names above."""
    _limits.update(_ACCOUNTS[account])


def zones_are_shuffled():
    """Tells whether names of zones belong to other ids than usual."""
    return _limits["zones_shuffled"]


def check_backups(properties):
    """Raises what RDS answers if backups are kept for longer than the plan of the account allows."""
    if int(properties.get("BackupRetentionPeriod", 1)) > _limits["backup_days"]:
        raise ValueError(
            "The specified backup retention period exceeds the maximum available to free tier customers. "
            "To remove all limitations, upgrade your account plan. (Service: Rds, Status Code: 400, "
            "Error Code: FreeTierRestrictionError)"
        )


def _check_memory(properties):
    if int(properties.get("MemorySize", 128)) > _limits["memory"]:
        raise ValueError(
            f"'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to "
            f"{_limits['memory']} (Service: Lambda, Status Code: 400)"
        )


def _account_settings():
    concurrency = _limits["concurrency"]
    limits = {"ConcurrentExecutions": concurrency, "UnreservedConcurrentExecutions": concurrency}
    return functions.json({"AccountLimit": limits, "AccountUsage": {}})


async def _free_tier(_method, _path, _headers, _body, _query_params):
    answer = {"accountPlanType": _limits["plan"], "accountPlanStatus": "ACTIVE"}
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(answer).encode()


def register():
    """Adds the requests that tell the limits, and the refusals of Lambda."""
    functions.replace_account_settings(_account_settings)
    requests.add_service("freetier", "AWSFreeTierService", _free_tier)
    function = cloud_formation.handlers["AWS::Lambda::Function"]
    function["create"] = with_check(function["create"], 1, _check_memory)
    function["update"] = with_check(function["update"], 2, _check_memory)
