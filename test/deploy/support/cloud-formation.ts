import { setTimeout as delay } from 'node:timers/promises';
import {
  type CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';

/** Resources of a template, by logical id. */
export type Resources = Readonly<
  Record<
    string,
    {
      readonly Type: string;
      readonly Properties: Readonly<Record<string, unknown>>;
      readonly DependsOn?: string;
    }
  >
>;

/** What became of a stack. */
export interface StackOutcome {
  readonly status: string | undefined;
  /** Why resources failed. */
  readonly reasons: readonly string[];
}

/** Small stacks of a test's own, beside those of the pipeline. */
export class TestStack {
  constructor(
    private readonly cloudFormation: CloudFormationClient,
    private readonly StackName: string,
  ) {}

  async create(resources: Resources): Promise<StackOutcome> {
    const TemplateBody = JSON.stringify({ Resources: resources });
    await this.cloudFormation.send(new CreateStackCommand({ StackName: this.StackName, TemplateBody }));
    return await this.outcome();
  }

  async update(resources: Resources): Promise<StackOutcome> {
    const TemplateBody = JSON.stringify({ Resources: resources });
    await this.cloudFormation.send(new UpdateStackCommand({ StackName: this.StackName, TemplateBody }));
    return await this.outcome();
  }

  async delete(): Promise<void> {
    await this.cloudFormation.send(new DeleteStackCommand({ StackName: this.StackName }));
    await this.outcome().catch(() => {});
  }

  private async outcome(): Promise<StackOutcome> {
    for (;;) {
      const { Stacks } = await this.cloudFormation.send(
        new DescribeStacksCommand({ StackName: this.StackName }),
      );
      const status = Stacks?.[0]?.StackStatus;
      if (!status?.endsWith('IN_PROGRESS')) return { status, reasons: await this.reasons() };
      await delay(100);
    }
  }

  private async reasons(): Promise<string[]> {
    const { StackEvents = [] } = await this.cloudFormation.send(
      new DescribeStackEventsCommand({ StackName: this.StackName }),
    );
    return StackEvents.filter(({ ResourceStatus }) => ResourceStatus?.endsWith('FAILED')).map(
      ({ ResourceStatusReason }) => ResourceStatusReason ?? '',
    );
  }
}
