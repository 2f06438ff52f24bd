import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { STACKS, type StackId } from '../../lib/names';

const PROJECT = join(__dirname, '../..');

/** Directory of the shared output. Git ignores it. */
const SHARED = join(PROJECT, '.local/synth');

/** Hash of everything that a synth reads. */
const SOURCES = hashOf([
  process.version,
  ...globSync(['{bin,lib,lambda}/**/*.*', 'test/lib/synthesize-app.ts', 'cdk.json', 'package-lock.json'], {
    cwd: PROJECT,
  })
    .sort()
    .flatMap((file) => [file, readFileSync(join(PROJECT, file))]),
]);

/** A CloudFormation template, reduced to the parts that tests read. */
export interface CfnTemplate {
  readonly Description?: string;
  readonly Resources: Readonly<Record<string, CfnResource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/** A resource of a {@link CfnTemplate}. */
export interface CfnResource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the type of a property depends on the type of the resource.
  readonly Properties: any;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
}

/** A stack of the app, reduced to the parts that tests read. */
export interface SynthesizedStack {
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly terminationProtection: boolean;
  /** Stacks that are deployed before it. */
  readonly dependencies: readonly StackId[];
}

/** The output of one synth. */
export interface Synthesized {
  /** Directory of the templates and assets. Other tests read it too, so it must not be changed. */
  readonly directory: string;
  readonly stacks: Readonly<Record<StackId, SynthesizedStack>>;
  readonly templates: Readonly<Record<StackId, CfnTemplate>>;
  /** Findings of cdk-nag and of CloudFormation's schemas. */
  readonly violations: readonly string[];
}

const ADA = { userId: 'ada', tags: { Course: 'data' } } as const;

/** Configurations that create different resources. */
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
  large: {
    ...ADA,
    endpointZones: 2,
    kafka: { brokerType: 'kafka.m7g.large', cleanupPolicy: 'compact' },
    emitter: { shards: 3, limit: 500, timeoutSeconds: 180, changes: 'copy' },
  },
} as const;

/**
 * Synthesizes the whole app for a configuration, as the CLI does, but without bundling the code of the functions.
 *
 * The output is shared, because loading the CDK in a test file takes longer than a synth. The first test that needs it
 * synthesizes all of {@link CONFIGURATIONS}; the others read the files, until a source changes.
 */
export function synthesize(pipeline: object): Synthesized {
  const directory = directoryOf(pipeline);
  if (!existsSync(directory)) {
    removeOldAssemblies();
    for (const one of [pipeline, ...Object.values(CONFIGURATIONS)]) synthesizeInto(directoryOf(one), one);
  }
  return readAssembly(directory);
}

const directoryOf = (pipeline: object): string => join(SHARED, hashOf([SOURCES, JSON.stringify(pipeline)]));

function synthesizeInto(directory: string, pipeline: object): void {
  if (existsSync(directory)) return;
  // Loaded only when needed, so that a test that finds its templates does not load the CDK.
  const { synthesizeApp } = require('./synthesize-app') as typeof import('./synthesize-app');
  mkdirSync(SHARED, { recursive: true });
  const fresh = mkdtempSync(join(SHARED, 'synth-'));
  synthesizeApp(pipeline, fresh);
  try {
    renameSync(fresh, directory);
  } catch (error) {
    // Another process was faster.
    rmSync(fresh, { recursive: true });
    if (!existsSync(directory)) throw error;
  }
}

/** Removes output that is older than a day. Most likely, its sources have changed. */
function removeOldAssemblies(): void {
  if (!existsSync(SHARED)) return;
  const dayAgo = Date.now() - 24 * 60 * 60 * 1000;
  for (const name of readdirSync(SHARED)) {
    const directory = join(SHARED, name);
    const { mtimeMs = Infinity } = statSync(directory, { throwIfNoEntry: false }) ?? {};
    if (mtimeMs < dayAgo) rmSync(directory, { recursive: true, force: true });
  }
}

function hashOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 32);
}

/** Reads what a synth has written into a directory. */
export function readAssembly(directory: string): Synthesized {
  const { artifacts } = readJson(join(directory, 'manifest.json')) as {
    artifacts: Record<
      string,
      {
        environment: string;
        dependencies?: string[];
        properties: { tags?: Record<string, string>; terminationProtection?: boolean };
      }
    >;
  };
  return {
    directory,
    stacks: byStack((id) => {
      const {
        environment,
        properties,
        dependencies = [],
      } = artifacts[id] ?? { environment: '', properties: {} };
      const { tags = {}, terminationProtection = false } = properties;
      return {
        region: basename(environment),
        tags,
        terminationProtection,
        dependencies: STACKS.filter((other) => dependencies.includes(other)),
      };
    }),
    templates: byStack((id) => readJson(join(directory, `${id}.template.json`)) as CfnTemplate),
    violations: violationsIn(directory),
  };
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** Returns a template without the hashes of the functions' code. */
export const normalized = (template: CfnTemplate): CfnTemplate =>
  JSON.parse(JSON.stringify(template).replace(/[0-9a-f]{64}/g, '<asset>'));

/**
 * Returns the parts of a template that belong in a snapshot. It leaves out asset hashes, the CDK's check of the bootstrap
 * version, and the permissions in Kafka, which the tests of the stacks list in full.
 */
export function snapshotOf(template: CfnTemplate): object {
  const { Parameters, Rules, ...rest } = normalized(template) as CfnTemplate & {
    Parameters?: Record<string, unknown>;
    Rules?: Record<string, unknown>;
  };
  delete Parameters?.['BootstrapVersion'];
  delete Rules?.['CheckBootstrapVersion'];
  for (const { Type, Properties } of Object.values(rest.Resources)) {
    if (Type !== 'AWS::IAM::Policy') continue;
    const { PolicyDocument } = Properties;
    PolicyDocument.Statement = PolicyDocument.Statement.filter(
      ({ Action }: { Action: string | string[] }) => ![Action].flat()[0]?.startsWith('kafka-cluster:'),
    );
  }
  return { ...rest, Parameters, Rules };
}

/**
 * Compares the resources of two templates: `+ Type Id` for an added one, `- Type Id` for a removed one, `~ Type Id` for one
 * with other properties. The ids are without the hash at their end.
 */
export function changesBetween(before: CfnTemplate, after: CfnTemplate): string[] {
  const [one, other] = [normalized(before).Resources, normalized(after).Resources];
  const ids = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return ids
    .flatMap((id) => {
      const [had, has] = [one[id], other[id]];
      if (JSON.stringify(had) === JSON.stringify(has)) return [];
      const sign = had === undefined ? '+' : has === undefined ? '-' : '~';
      return `${sign} ${(had ?? has)?.Type} ${id.replace(/[0-9A-F]{8}$/, '')}`;
    })
    .sort();
}

/** Returns a template for the CDK's assertions. */
export const templateOf = ({ templates }: Synthesized, id: StackId): Template =>
  Template.fromJSON({ ...templates[id] });

/** Returns all resources of a type, in all stacks, with their logical ids. */
export const resourcesOf = ({ templates }: Synthesized, type: string): [string, CfnResource][] =>
  Object.values(templates).flatMap(({ Resources }) =>
    Object.entries(Resources).filter(([, resource]) => resource.Type === type),
  );

const byStack = <T>(build: (id: StackId) => T): Record<StackId, T> =>
  Object.fromEntries(STACKS.map((id) => [id, build(id)])) as Record<StackId, T>;

function violationsIn(directory: string): string[] {
  const report = readJson(join(directory, 'validation-report.json')) as {
    pluginReports: { violations: { ruleName: string; violatingConstructs: { constructPath: string }[] }[] }[];
  };
  return report.pluginReports
    .flatMap(({ violations }) => violations)
    .flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    );
}
