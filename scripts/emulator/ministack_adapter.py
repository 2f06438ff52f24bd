"""Adapter for MiniStack's private members: everything that the plug-ins read, call or replace has a name here.

MiniStack guarantees none of these members. They were checked in the version below, and no other is accepted.
"""

from importlib.metadata import version
from types import SimpleNamespace

KNOWN_VERSION = "1.5.33"
"""Pinned in requirements.txt as well; a test compares them."""


def _check_version():
    installed = version("ministack")
    if installed != KNOWN_VERSION:
        raise SystemExit(
            f"MiniStack {installed} is installed; the plug-ins of scripts/emulator know {KNOWN_VERSION}. "
            "Compare the members in ministack_adapter.py with the new version, then set KNOWN_VERSION."
        )


# Before the imports below, which would fail with an obscure name.
_check_version()

from ministack import app  # noqa: E402
from ministack.core import lambda_runtime, router  # noqa: E402
from ministack.services import cloudwatch_logs, lambda_svc  # noqa: E402
from ministack.services import ec2 as _ec2  # noqa: E402
from ministack.services import msk as _msk  # noqa: E402
from ministack.services import rds as _rds  # noqa: E402
from ministack.services import ssm as _ssm  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402


def _replaces(owner, name):
    """Returns a function that replaces a member."""
    getattr(owner, name)
    return lambda replacement: setattr(owner, name, replacement)


def _wraps(owner, name):
    """Returns a function that takes `original -> replacement` and replaces a member by the result."""
    getattr(owner, name)
    return lambda wrap: setattr(owner, name, wrap(getattr(owner, name)))


run = app.main


def _add_service(name, target_prefix, handle):
    """Adds a service; `handle` is an async (method, path, headers, body, query_params) -> (status, headers, body)."""
    router.SERVICE_PATTERNS[name] = {"target_prefixes": [target_prefix]}
    app.SERVICE_HANDLERS[name] = handle


requests = SimpleNamespace(add_service=_add_service)

cloud_formation = SimpleNamespace(
    handlers=provisioners._RESOURCE_HANDLERS,
    replacing_properties=provisioners._REPLACING_PROPERTIES,
    stack_tag_property=provisioners._STACK_TAG_PROPERTY,
    wrap_alarm_record=_wraps(provisioners, "_cw_metric_alarm_record"),
)

ec2 = SimpleNamespace(
    actions=_ec2._ACTION_MAP,
    addresses=_ec2._addresses,
    instances=_ec2._instances,
    key_pairs=_ec2._key_pairs,
    peerings=_ec2._vpc_peering,
    security_groups=_ec2._security_groups,
    subnets=_ec2._subnets,
    tags=_ec2._tags,
    vpcs=_ec2._vpcs,
    error=_ec2._error,
    filters_of=_ec2._parse_filters,
    list_of=_ec2._parse_member_list,
    parameter_of=_ec2._p,
    permissions_of=provisioners._ec2_sg_permissions,
    tag_set=_ec2._tag_set_xml,
    xml=_ec2._xml,
    replace_zone_ids=_replaces(_ec2, "_az_id_for_zone_name"),
    replace_zone_names=_replaces(_ec2, "_zone_name_for_az_id"),
)

functions = SimpleNamespace(
    json=lambda_svc.json_response,
    replace_account_settings=_replaces(lambda_svc, "_get_account_settings"),
    reset=lambda_runtime.reset,
    wrap_execute=_wraps(lambda_svc, "_execute_function_warm"),
    wrap_invoke=_wraps(lambda_runtime.Worker, "invoke"),
    wrap_spawn=_wraps(lambda_runtime.Worker, "_spawn"),
    wrap_worker_script=_wraps(lambda_runtime, "_NODEJS_WORKER_SCRIPT"),
)

logs = SimpleNamespace(
    replace_filter_compiler=_replaces(cloudwatch_logs, "_compile_filter_pattern"),
)

msk = SimpleNamespace(
    clusters=_msk._clusters,
    config_revisions=_msk._config_revisions,
    configurations=_msk._configurations,
    tags=_msk._tags,
    create_cluster=_msk._create_cluster,
    create_configuration=_msk._create_configuration,
    delete_cluster=_msk._delete_cluster,
    json=_msk._json,
    not_found=_msk._not_found,
    now_iso=_msk._now_iso,
    problem_with_cluster=_msk._validate_existing_cluster_arn,
    replace_bootstrap_brokers=_replaces(_msk, "_get_bootstrap_brokers"),
    wrap_requests=_wraps(_msk, "handle_request"),
)

rds = SimpleNamespace(
    instances=_rds._instances,
    apply_changed=provisioners._rds_apply_changed,
    attributes_of=provisioners._rds_db_instance_attrs,
    create_instance=provisioners._rds_db_instance_create,
    delete_instance=provisioners._rds_db_instance_delete,
    fields_of=provisioners._rds_db_instance_fields,
    snapshot_instance=provisioners._rds_db_instance_snapshot,
)

ssm = SimpleNamespace(
    public_images=_ssm._PUBLIC_AMI_PARAMETERS,
    delete_parameter=_ssm._delete_parameter,
    put_parameter=_ssm._put_parameter,
)
