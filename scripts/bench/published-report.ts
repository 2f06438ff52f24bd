import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchReport } from './report';

/** Folder that `npm run bench -- --publish` writes. */
export const PUBLISHED = path.join(__dirname, 'published');

/** The report that the pages show. */
export const publishedReport = (): BenchReport =>
  JSON.parse(readFileSync(path.join(PUBLISHED, 'bench.json'), 'utf8')) as BenchReport;
