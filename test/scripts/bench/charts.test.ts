import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bars, type Chart, drawn } from '../../../scripts/bench/charts';
import { PUBLISHED, publishedReport } from '../../../scripts/bench/published-report';
import { SUBJECTS } from '../../../scripts/bench/subject-names';
import { reportOf, roundOf } from './sample-rounds';

/** The lists of an option, whose type allows one or many. */
const all = (one: unknown) => one as Record<string, unknown>[];

const seriesOf = ({ option }: Chart) => all(option.series) as { name?: string; data: unknown[] }[];

const valuesOf = (series: { data: unknown[] }) => series.data.map((one) => (one as { value: number }).value);

describe('the bars', () => {
  test('show the largest size of which there are all subjects', () => {
    const { option } = bars(reportOf());

    expect(all(option.title)[0]?.['text']).toBe('100,000 rows in each of three tables');
  });

  test('have the first subject on top of each panel', () => {
    const { option } = bars(reportOf());

    expect(all(option.yAxis)).toHaveLength(3);
    for (const { data } of all(option.yAxis)) {
      expect([...(data as string[])].reverse()).toEqual(Object.values(SUBJECTS));
    }
  });

  test('are as long as the figures', () => {
    const [rate, cpu, memory] = seriesOf(bars(reportOf([roundOf('select', 1_000, 3)])));

    expect(rate && valuesOf(rate)).toEqual([1_000]);
    expect(cpu && valuesOf(cpu)).toEqual([500]);
    expect(memory && valuesOf(memory)).toEqual([200]);
  });
});

test('bars of what was extrapolated say so, and are cut off where they would dwarf what was measured', () => {
  const chart = bars(
    reportOf([roundOf('emitter-cold', 1_000, 3), roundOf('python', 1_000, 3_000, { records: 300 })]),
  );

  const [, cpu] = seriesOf(chart);
  const labels = cpu?.data.map((one) => (one as { label: { formatter: string } }).label.formatter);
  expect(labels).toEqual(['5,000,000.0 (extrapolated)', '500.0']);
  expect(all(chart.option.xAxis)[1]?.['max']).toBeCloseTo(550);
});

test('the chart is drawn as SVG that is as large, names everybody and brings its own background', () => {
  const { width, height } = bars(reportOf());
  const svg = drawn(bars(reportOf()));

  expect(svg).toMatch(new RegExp(`^<svg width="${width}" height="${height}"`));
  expect(svg).toContain('fill="#ffffff"');
  for (const name of Object.values(SUBJECTS)) expect(svg).toContain(name.replace("'", '&#39;'));
  expect(svg).not.toMatch(/NaN|undefined/);
});

test('the published bars.svg is of the published report', () => {
  expect(readFileSync(path.join(PUBLISHED, 'bars.svg'), 'utf8')).toBe(drawn(bars(publishedReport())));
});
