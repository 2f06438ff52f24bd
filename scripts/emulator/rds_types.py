"""AWS::RDS::DBInstance: as MiniStack describes it, with a database and an owner in the embedded MariaDB."""

import re

from pymysql.err import MySQLError

import accounts
import embedded_servers
from ministack_adapter import cloud_formation, rds
from resource_types import any_of, resource_type

_PROPERTIES = any_of(
    "AllocatedStorage",
    "BackupRetentionPeriod",
    "CopyTagsToSnapshot",
    "DBInstanceClass",
    "DBName",
    "DBParameterGroupName",
    "DBSubnetGroupName",
    "Engine",
    "EngineVersion",
    "MasterUserPassword",
    "MasterUsername",
    "PubliclyAccessible",
    "StorageEncrypted",
    "StorageType",
    "Tags",
    "VPCSecurityGroups",
)

_MASTER_RIGHTS = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
    "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, "
    "CREATE USER, EVENT, TRIGGER, REPLICATION CLIENT, REPLICATION SLAVE"
)
"""Rights of the master user on RDS: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.MasterAccounts.html"""


_PROCEDURE = """
    CREATE OR REPLACE PROCEDURE mysql.rds_set_configuration(IN name VARCHAR(30), IN value INT)
    SQL SECURITY DEFINER
    REPLACE INTO mysql.rds_configuration VALUES (name, value)
"""
"""What RDS gives the master user to keep the binary log with. Here it only remembers."""


def _create(logical_id, properties, stack_name):
    accounts.check_backups(properties)
    if properties.get("Engine") != "mariadb":
        raise ValueError("AWS::RDS::DBInstance: the emulator has the engine mariadb only.")
    database = properties["DBName"]
    if not re.fullmatch(r"\w{1,64}", database):
        raise ValueError("AWS::RDS::DBInstance: DBName must be of letters, digits and underscores.")
    _run(
        [
            f"CREATE DATABASE `{database}`",
            "CREATE TABLE IF NOT EXISTS mysql.rds_configuration (name VARCHAR(30) PRIMARY KEY, value INT)",
            _PROCEDURE,
        ]
    )
    _run(_master_account(properties))
    instance_id, _ = rds.create_instance(logical_id, properties, stack_name)
    return instance_id, _at_embedded_server(instance_id)


def _update(instance_id, old, properties, stack_name):
    accounts.check_backups(properties)
    if properties["MasterUserPassword"] != old["MasterUserPassword"]:
        _run(_master_account(properties))
    instance = rds.instances[instance_id]
    fields = rds.fields_of
    rds.apply_changed(instance, fields(old), fields(properties))
    instance["TagList"] = properties.get("Tags", [])
    return instance_id, _at_embedded_server(instance_id)


def _delete(instance_id, properties):
    """Drops the database and every account with rights on it."""
    pattern = properties["DBName"].replace("_", "\\_")
    with embedded_servers.database_admin() as cursor:
        cursor.execute("SELECT User, Host FROM mysql.db WHERE Db = %s", (pattern,))
        accounts = {*cursor.fetchall(), (properties["MasterUsername"], "%")}
    _run(
        [
            f"DROP DATABASE IF EXISTS `{properties['DBName']}`",
            *(("DROP USER IF EXISTS %s@%s", account) for account in accounts),
        ]
    )
    rds.delete_instance(instance_id, properties)


def _master_account(properties):
    user, password = properties["MasterUsername"], properties["MasterUserPassword"]
    return [
        ("CREATE OR REPLACE USER %s@'%%' IDENTIFIED BY %s", (user, password)),
        (f"GRANT {_MASTER_RIGHTS} ON *.* TO %s@'%%' WITH GRANT OPTION", (user,)),
    ]


def _run(statements):
    """Runs SQL; errors do not quote the statement, which may hold a password."""
    with embedded_servers.database_admin() as cursor:
        for statement in statements:
            try:
                cursor.execute(*([statement] if isinstance(statement, str) else statement))
            except MySQLError as error:
                raise ValueError(
                    f"AWS::RDS::DBInstance: MariaDB refuses with error {error.args[0]}."
                ) from None


def _at_embedded_server(instance_id):
    instance = rds.instances[instance_id]
    host, port = embedded_servers.database_endpoint()
    instance["Endpoint"].update(Address=host, Port=port)
    return rds.attributes_of(instance)


def register():
    """Replaces MiniStack's type, which has no server without Docker."""
    known = cloud_formation.replacing_properties["AWS::RDS::DBInstance"]
    resource_type(
        "AWS::RDS::DBInstance",
        properties=_PROPERTIES,
        create=_create,
        update=_update,
        delete=_delete,
        replaced_by={*known, "Engine"},
        snapshot=rds.snapshot_instance,
    )
