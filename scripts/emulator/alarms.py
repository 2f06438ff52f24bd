"""AWS::CloudWatch::Alarm with metric math: described, never evaluated, because no broker sends metrics."""

from ministack_adapter import cloud_formation
from resource_types import any_of, refuse_unknown

_METRICS = {
    **any_of("AccountId", "Expression", "Id", "Label", "Period", "ReturnData"),
    "MetricStat": {
        **any_of("Period", "Stat", "Unit"),
        "Metric": {**any_of("MetricName", "Namespace"), "Dimensions": any_of("Name", "Value")},
    },
}

_OF_ONE_METRIC = ("Dimensions", "ExtendedStatistic", "MetricName", "Namespace", "Period", "Statistic", "Unit")


def _with_metrics(record):
    def record_with_metrics(name, properties):
        metrics = properties.get("Metrics")
        if not metrics:
            return record(name, properties)
        refuse_unknown("AWS::CloudWatch::Alarm", metrics, _METRICS, "Metrics.")
        others = {key: value for key, value in properties.items() if key != "Metrics"}
        alarm = record(name, {**others, "MetricName": "none", "Namespace": "none"})
        return {**{key: alarm[key] for key in alarm if key not in _OF_ONE_METRIC}, "Metrics": metrics}

    return record_with_metrics


def register():
    """Gives MiniStack's alarm the property Metrics."""
    cloud_formation.wrap_alarm_record(_with_metrics)
