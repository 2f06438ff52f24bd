import { parseConfig } from '../../lib/config';
import { publishedReport } from '../../scripts/bench/published-report';
import { reportMarkdown } from '../../scripts/bench/report-text';
import { billOf } from '../../scripts/cost/bill';
import { serverArtifacts } from '../../scripts/local/downloads';
import type { Page } from './repository';

const numbersIn = (text: string): ReadonlySet<string> => new Set(text.match(/\d[\d,]*(?:\.\d+)?/g));

const { kafka, mariaDb, compiler } = serverArtifacts(undefined, 'linux', 'x64');

const downloadedMB = [...kafka, mariaDb, compiler].reduce((sum, { bytes }) => sum + bytes, 0) / 1_000_000;

const MEASURED = numbersIn(`${reportMarkdown(publishedReport())} ${Math.round(downloadedMB)}`);

const { monthly, stacks } = billOf(parseConfig({ userId: 'pinterest' }));

const BILLED = numbersIn(
  [monthly, ...stacks.map((stack) => stack.monthly)].map((one) => one.toFixed(2)).join(' '),
);

const FIGURE = /(\d[\d,]*(?:\.\d+)?) (?:rows\/s|s of CPU|CPU seconds|MB|ms|bytes)\b/g;

const DOLLARS = /\$(\d[\d,]*(?:\.\d+)?)|(\d[\d,]*(?:\.\d+)?) dollars/g;

/** Finds rates, CPU, memory and latencies that neither the published benchmark nor the download has, and dollars that the bill does not have. */
export const unmeasuredFigures = ({ text }: Page): string[] => [
  ...[...text.matchAll(FIGURE)].filter(([, number = '']) => !MEASURED.has(number)).map(([figure]) => figure),
  ...[...text.matchAll(DOLLARS)]
    .filter(([, one, other = '']) => !BILLED.has(one ?? other))
    .map(([figure]) => figure),
];
