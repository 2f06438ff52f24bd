import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';
import { pinterestDataPipeline } from '../../bin/pinterest-data-pipeline';
import { context } from '../../cdk.json';
import { STACKS, type StackId } from '../../lib/names';

/** A CloudFormation template, as far as tests look into it. */
export interface CfnTemplate {
  readonly Description?: string;
  readonly Resources: Readonly<Record<string, CfnResource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/** A resource of a {@link CfnTemplate}. */
export interface CfnResource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a property holds depends on the type of the resource.
  readonly Properties: any;
  readonly DeletionPolicy?: string;
}

/** What the app makes of one configuration. */
export interface Synthesized {
  /** Where the templates and assets are. */
  readonly directory: string;
  readonly stacks: Readonly<Record<StackId, CloudFormationStackArtifact>>;
  readonly templates: Readonly<Record<StackId, CfnTemplate>>;
  /** What cdk-nag and CloudFormation's schemas say against it. */
  readonly violations: readonly string[];
}

const ADA = { userId: 'ada', tags: { Course: 'data' } } as const;

/** The configurations that differ in what they create. */
export const CONFIGURATIONS = {
  provisioned: { ...ADA, alarmEmail: 'ada@example.com', sshCidrs: ['203.0.113.7/32'] },
  internet: {
    ...ADA,
    database: { mode: 'existing', host: 'db.example.com', name: 'posts', reach: { via: 'internet' } },
  },
  vpc: {
    ...ADA,
    kafka: { monitoring: 'PER_BROKER' },
    database: {
      mode: 'existing',
      host: 'db.example.com',
      port: 3307,
      name: 'posts',
      reach: {
        via: 'vpc',
        vpcId: 'vpc-0123456789abcdef0',
        cidr: '10.99.0.0/16',
        routeTableIds: ['rtb-0123456789abcdef0'],
        securityGroupId: 'sg-0123456789abcdef0',
      },
    },
  },
} as const;

/**
 * Synthesizes the whole app, as the CLI does, for a configuration.
 *
 * @param bundle whether the functions' code is bundled, which takes a second more. @default false
 */
export function synthesize(pipeline: object, { bundle = false } = {}): Synthesized {
  const directory = mkdtempSync(join(tmpdir(), 'cdk-'));
  const app = new App({
    outdir: directory,
    context: { ...context, pipeline, ...(!bundle && { 'aws:cdk:bundling-stacks': [] }) },
  });
  pinterestDataPipeline(app);
  const assembly = app.synth();
  const stacks = byStack((id) => assembly.getStackArtifact(id));
  return {
    directory,
    stacks,
    templates: byStack((id) => stacks[id].template as CfnTemplate),
    violations: violationsIn(directory),
  };
}

/** A template without what changes when a function's code does. */
export const normalized = (template: CfnTemplate): CfnTemplate =>
  JSON.parse(JSON.stringify(template).replace(/[0-9a-f]{64}/g, '<asset>'));

/** All resources of a type, in all stacks, with their logical ids. */
export const resourcesOf = ({ templates }: Synthesized, type: string): [string, CfnResource][] =>
  Object.values(templates).flatMap(({ Resources }) =>
    Object.entries(Resources).filter(([, resource]) => resource.Type === type),
  );

const byStack = <T>(build: (id: StackId) => T): Record<StackId, T> =>
  Object.fromEntries(STACKS.map((id) => [id, build(id)])) as Record<StackId, T>;

function violationsIn(directory: string): string[] {
  const report = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8')) as {
    pluginReports: { violations: { ruleName: string; violatingConstructs: { constructPath: string }[] }[] }[];
  };
  return report.pluginReports
    .flatMap(({ violations }) => violations)
    .flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    );
}
