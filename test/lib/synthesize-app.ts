import { App } from 'aws-cdk-lib';
import { pinterestDataPipeline } from '../../bin/pinterest-data-pipeline';
import { context } from '../../cdk.json';

/** Synthesizes the whole app into a directory, without bundling. */
export function synthesizeApp(pipeline: object, outdir: string): void {
  const app = new App({ outdir, context: { ...context, pipeline, 'aws:cdk:bundling-stacks': [] } });
  pinterestDataPipeline(app);
  app.synth();
}
