import { join } from 'node:path';
import type { BundlingOptions } from 'aws-cdk-lib/aws-lambda-nodejs';

/** Packages for which the functions have something smaller. */
export const ALIASES = {
  'iconv-lite': join(__dirname, '../../lambda/shared/mysql/text-encodings.ts'),
} as const;

/**
 * How the functions are bundled.
 *
 * Identifiers stay as they are, and lines short: so a stack trace names functions and places without a source map.
 * A map is as large as the bundle, and with `--enable-source-maps` Node reads all of it at every start, which took 24 ms
 * of CPU and 14 MB.
 */
export const BUNDLING: BundlingOptions = {
  // The versions of the lock file. Those of the runtime, in many files, took 14 ms of CPU more to load.
  bundleAwsSDK: true,
  // Of ES modules esbuild leaves out what is not used.
  mainFields: ['module', 'main'],
  esbuildArgs: {
    '--minify-whitespace': true,
    '--minify-syntax': true,
    '--line-limit': '160',
    ...Object.fromEntries(Object.entries(ALIASES).map(([name, file]) => [`--alias:${name}`, file])),
  },
};
