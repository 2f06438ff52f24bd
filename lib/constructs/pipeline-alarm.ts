import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** Properties of a {@link PipelineAlarm}. */
export interface PipelineAlarmProps extends cloudwatch.AlarmProps {
  /** Topic that is notified when the alarm fires and when it ends. */
  readonly notify: sns.ITopic;
  /** Whether the topic is also notified when the metric stops. A new alarm has no data, and that notifies nobody. @default false */
  readonly notifyWithoutData?: boolean;
}

/**
 * An alarm of the pipeline.
 *
 * Its title is the heading of its entry in lib/RUNBOOK.md. A test compares them.
 */
export class PipelineAlarm extends cloudwatch.Alarm {
  constructor(
    scope: Construct,
    title: string,
    { notify, notifyWithoutData = false, ...alarm }: PipelineAlarmProps,
  ) {
    super(scope, title, {
      alarmName: `${Stack.of(scope).stackName}: ${title}`,
      alarmDescription: `What to do: lib/RUNBOOK.md, "${title}"`,
      ...alarm,
    });
    const action = new SnsAction(notify);
    this.addAlarmAction(action);
    this.addOkAction(action);
    if (notifyWithoutData) this.addInsufficientDataAction(action);
  }
}
