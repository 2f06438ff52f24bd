import { type EChartsOption, init } from 'echarts';
import { grouped } from '../terminal/grouped';
import type { BenchReport, Figures } from './report';
import { SUBJECTS, type SubjectName } from './subject-names';

/** A drawing: what is in it, and how large it is. */
export interface Chart {
  readonly option: EChartsOption;
  readonly width: number;
  readonly height: number;
}

/** Figures of the bars, each in a panel of its own. */
const PANELS = [
  { title: 'rows/s', digits: 0, of: ({ rowsPerSecond }: Figures) => rowsPerSecond.median },
  {
    title: 'CPU seconds per million rows, own process',
    digits: 1,
    of: ({ cpuSecondsPerMillionRows }: Figures) => cpuSecondsPerMillionRows.own.median,
  },
  {
    title: 'peak memory in MB, own process',
    digits: 0,
    of: ({ peakBytes }: Figures) => peakBytes.own.median / 1_000_000,
  },
] as const;

const PANEL_HEIGHT = 210;

const WIDTH = 860;

const BASE = {
  animation: false,
  // Its own, so that the texts can be read on a dark page too.
  backgroundColor: '#ffffff',
  textStyle: { fontFamily: 'sans-serif' },
} as const;

const INK = '#24292f';

const TITLE = { fontSize: 16, fontWeight: 'bold', color: INK } as const;

/** Builds bars for each subject at the largest size that most subjects have. */
export function bars({ figures }: Pick<BenchReport, 'figures'>): Chart {
  const rows = sizeToShow(figures);
  const shown = figures.filter((one) => one.rows === rows).toReversed();
  return {
    width: WIDTH,
    height: 40 + PANELS.length * PANEL_HEIGHT,
    option: {
      ...BASE,
      title: [
        {
          text: `${grouped(rows)} rows in each of three tables`,
          left: 'center',
          top: 12,
          textStyle: TITLE,
        },
        ...PANELS.map(({ title }, panel) => ({
          text: title,
          left: 240,
          top: 40 + panel * PANEL_HEIGHT,
          textStyle: { ...TITLE, fontSize: 13 },
        })),
      ],
      grid: PANELS.map((_, panel) => ({
        left: 240,
        right: 160,
        top: 62 + panel * PANEL_HEIGHT,
        height: PANEL_HEIGHT - 42,
      })),
      xAxis: PANELS.map(({ of }, gridIndex) => ({
        type: 'value',
        gridIndex,
        show: false,
        max: endOfAxis(shown.filter(({ isExtrapolated }) => !isExtrapolated).map(of)),
      })),
      yAxis: PANELS.map((_, gridIndex) => ({
        type: 'category',
        gridIndex,
        data: shown.map(({ subject }) => SUBJECTS[subject]),
        axisTick: { show: false },
        axisLabel: { color: INK },
      })),
      series: PANELS.map(({ digits, of }, panel) => ({
        type: 'bar',
        xAxisIndex: panel,
        yAxisIndex: panel,
        data: shown.map((one) => ({
          value: of(one),
          itemStyle: { color: colorOf(one.subject) },
          label: {
            show: true,
            position: 'right',
            color: INK,
            formatter: `${grouped(of(one), digits)}${one.isExtrapolated ? ' (extrapolated)' : ''}`,
          },
        })),
      })),
    },
  };
}

/** Draws a chart as SVG; the same chart gives the same text. */
export function drawn({ option, width, height }: Chart): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option);
    return `${still(chart.renderToSVGString())}\n`;
  } finally {
    chart.dispose();
  }
}

/** Removes pointer effects, and numbers that depend on the process. */
const still = (svg: string): string =>
  svg
    .replace(/<style >[\s\S]*?<\/style>\n/g, '')
    .replace(/ (class|ecmeta_\w+)="[^"]*"/g, '')
    .replace(/\bzr\d+/g, 'zr');

/** Returns the largest size that most subjects have figures for. */
export function sizeToShow(figures: readonly Figures[]): number {
  const count = (rows: number): number => figures.filter((one) => one.rows === rows).length;
  const sizes = [...new Set(figures.map(({ rows }) => rows))];
  return Math.max(...sizes.filter((rows) => sizes.every((other) => count(other) <= count(rows))));
}

/** Ends an axis just beyond the measured values. Extrapolated bars may be far longer: cut off, they leave the others visible. */
const endOfAxis = (measured: readonly number[]): number | undefined =>
  measured.length === 0 ? undefined : 1.1 * Math.max(...measured);

const COLORS: Readonly<Record<SubjectName, string>> = {
  'emitter-cold': '#c2185b',
  'emitter-warm': '#e57399',
  'emitter-plain': '#f3b8c9',
  debezium: '#3f6fb5',
  kcat: '#ef8e38',
  'emitter-changes': '#8e24aa',
  'debezium-changes': '#26a69a',
  python: '#7a9b3a',
  select: '#9e9e9e',
  producer: '#616161',
};

const colorOf = (subject: SubjectName): string => COLORS[subject];
