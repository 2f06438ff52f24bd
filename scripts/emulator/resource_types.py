"""Registration of resource types in MiniStack's CloudFormation, each with all properties that it supports."""

from ministack_adapter import cloud_formation


def resource_type(name, *, properties, create, delete, update=None, replaced_by=(), snapshot=None):
    """Adds a type, or replaces MiniStack's.

    properties: every property that is known. `None` stands for any value, a dict for the properties of an object, or
        of each object in a list. Any other property fails the deployment, as it would on AWS.
    create: (logical_id, properties, stack_name) -> (physical_id, attributes)
    update: (physical_id, old_properties, properties, stack_name) -> (physical_id, attributes)
    delete: (physical_id, properties)
    replaced_by: properties whose change makes a new resource.
    """

    def checked_create(logical_id, given, stack_name):
        refuse_unknown(name, given, properties)
        return create(logical_id, given, stack_name)

    def checked_update(physical_id, old, given, stack_name):
        refuse_unknown(name, given, properties)
        return update(physical_id, old, given, stack_name)

    handler = {"create": checked_create, "delete": delete}
    if update:
        handler["update"] = checked_update
    if snapshot:
        handler["snapshot"] = snapshot
    cloud_formation.handlers[name] = handler
    if replaced_by:
        cloud_formation.replacing_properties[name] = frozenset(replaced_by)
    if "Tags" in properties:
        # CloudFormation passes the tags of a stack on to every resource that supports tags.
        shape = "map" if name.startswith("AWS::MSK::") else "list"
        cloud_formation.stack_tag_property.setdefault(name, ("Tags", shape))


def with_check(handle, position, check):
    """Wraps one of MiniStack's own handlers; `check` gets the properties, its argument at `position`, and may raise."""

    def checked(*arguments, **named):
        check(arguments[position])
        return handle(*arguments, **named)

    return checked


def refuse_unknown(name, given, known, path=""):
    """Raises if `given` has a property, at any depth, that is not in `known`."""
    if known is None:
        return
    for item in given if isinstance(given, list) else [given]:
        if not isinstance(item, dict):
            raise ValueError(f"{name}: {path.rstrip('.') or 'Properties'} must be an object.")
        for key, value in item.items():
            if key not in known:
                raise ValueError(
                    f"{name}: unknown property {path}{key}. The emulator knows {', '.join(sorted(known))}."
                )
            refuse_unknown(name, value, known[key], f"{path}{key}.")


def any_of(*names):
    """Returns properties that may have any value."""
    return dict.fromkeys(names)
