import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchReport } from './report';

/** Folder that `npm run bench -- --publish` writes for README.md. */
export const PUBLISHED = path.join(__dirname, 'published');

/** The report that README.md shows. */
export const publishedReport = (): BenchReport =>
  JSON.parse(readFileSync(path.join(PUBLISHED, 'bench.json'), 'utf8')) as BenchReport;
