import { join } from 'node:path';
import type { BundlingOptions } from 'aws-cdk-lib/aws-lambda-nodejs';

/** Packages that the functions replace with something smaller. */
export const ALIASES = {
  'iconv-lite': join(__dirname, '../../lambda/shared/mysql/text-encodings.ts'),
} as const;

/**
 * Bundling options of all functions.
 *
 * Identifiers are not minified and lines are short, so that stack traces are readable without a source map. A source map
 * is as large as the bundle. With `--enable-source-maps`, Node.js reads all of it at every start, which took 24 ms of CPU
 * and 14 MB.
 */
export const BUNDLING: BundlingOptions = {
  // The SDK version of the lock file. The runtime's own SDK has many files and took 14 ms of CPU more to load.
  bundleAwsSDK: true,
  // ES modules first, because esbuild can remove their unused code.
  mainFields: ['module', 'main'],
  esbuildArgs: {
    '--minify-whitespace': true,
    '--minify-syntax': true,
    '--line-limit': '160',
    ...Object.fromEntries(Object.entries(ALIASES).map(([name, file]) => [`--alias:${name}`, file])),
  },
};
