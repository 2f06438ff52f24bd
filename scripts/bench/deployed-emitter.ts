import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { pinterestDataPipeline } from '../../bin/pinterest-data-pipeline';
import { context } from '../../cdk.json';
import { SERVICE_NAME } from '../../lambda/shared/metric-names';
import type { StackId } from '../../lib/names';

/** The emitter as a deployment gives it to Lambda, with the default configuration. */
export interface DeployedEmitter {
  /** The file with the handler and all that it imports. */
  readonly bundle: string;
  readonly memoryMB: number;
  /** Its variables, but for those whose values only AWS knows. */
  readonly variables: Readonly<Record<string, string>>;
}

interface FunctionResource {
  readonly Type: string;
  readonly Properties: {
    readonly Code: { readonly S3Key: string };
    readonly MemorySize: number;
    readonly Environment?: { readonly Variables: Readonly<Record<string, unknown>> };
  };
}

const STACK: StackId = 'Emitter';

/** Synthesizes the stacks, which bundles the functions, and finds the emitter in them. */
export function synthesizeEmitter(directory: string): DeployedEmitter {
  const app = new App({
    outdir: directory,
    context: { ...context, pipeline: { userId: 'bench' }, 'aws:cdk:bundling-stacks': [STACK] },
  });
  pinterestDataPipeline(app);
  const { Resources } = app.synth().getStackArtifact(STACK).template as {
    Resources: Record<string, FunctionResource>;
  };
  const emitter = Object.values(Resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::Function' &&
      Properties.Environment?.Variables['POWERTOOLS_SERVICE_NAME'] === SERVICE_NAME,
  )?.Properties;
  if (emitter === undefined) throw new Error(`The stack ${STACK} has no function of the emitter.`);
  const known = Object.entries(emitter.Environment?.Variables ?? {}).filter(
    (variable): variable is [string, string] => typeof variable[1] === 'string',
  );
  return {
    bundle: path.join(directory, `asset.${path.parse(emitter.Code.S3Key).name}`, 'index.js'),
    memoryMB: emitter.MemorySize,
    variables: Object.fromEntries(known),
  };
}
