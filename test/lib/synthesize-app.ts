import { App } from 'aws-cdk-lib';
import { pinterestDataPipeline } from '../../bin/pinterest-data-pipeline';
import { context } from '../../cdk.json';

/** Synthesizes the whole app into a directory, as the CLI does. */
export function synthesizeApp(pipeline: object, outdir: string, bundle: boolean): void {
  const app = new App({
    outdir,
    context: { ...context, pipeline, ...(!bundle && { 'aws:cdk:bundling-stacks': [] }) },
  });
  pinterestDataPipeline(app);
  app.synth();
}
