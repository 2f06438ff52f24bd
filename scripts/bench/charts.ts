import { type EChartsOption, init } from 'echarts';
import { CONTENDERS, type ContenderName } from './contender-names';
import type { BenchReport, Figures } from './report';

/** A drawing: what is in it, and how large it is. */
export interface Chart {
  readonly option: EChartsOption;
  readonly width: number;
  readonly height: number;
}

/** What the bars show, each in a panel of its own. */
const PANELS = [
  { title: 'rows/s', of: ({ rowsPerSecond }: Figures) => rowsPerSecond.median },
  {
    title: 'CPU seconds per million rows, own process',
    of: ({ cpuSecondsPerMillionRows }: Figures) => cpuSecondsPerMillionRows.own.median,
  },
  {
    title: 'peak memory in MB, own process',
    of: ({ peakBytes }: Figures) => peakBytes.own.median / 1_000_000,
  },
] as const;

const PANEL_HEIGHT = 210;

const WIDTH = 860;

const BASE = {
  animation: false,
  backgroundColor: '#ffffff',
  textStyle: { fontFamily: 'sans-serif' },
} as const;

/** Bars for each contender at the largest size at which there is more than the emitter to see, best read beside each other. */
export function bars({ figures }: Pick<BenchReport, 'figures'>): Chart {
  const rows = sizeToShow(figures);
  const shown = figures.filter((one) => one.rows === rows).toReversed();
  return {
    width: WIDTH,
    height: 40 + PANELS.length * PANEL_HEIGHT,
    option: {
      ...BASE,
      title: [
        { text: `${rows.toLocaleString('en')} rows in each of three tables`, left: 'center', top: 8 },
        ...PANELS.map(({ title }, panel) => ({
          text: title,
          left: 240,
          top: 40 + panel * PANEL_HEIGHT,
          textStyle: { fontSize: 13, fontWeight: 'normal' as const },
        })),
      ],
      grid: PANELS.map((_, panel) => ({
        left: 240,
        right: 80,
        top: 62 + panel * PANEL_HEIGHT,
        height: PANEL_HEIGHT - 42,
      })),
      xAxis: PANELS.map((_, gridIndex) => ({ type: 'value', gridIndex, show: false })),
      yAxis: PANELS.map((_, gridIndex) => ({
        type: 'category',
        gridIndex,
        data: shown.map(({ contender }) => CONTENDERS[contender]),
        axisTick: { show: false },
      })),
      series: PANELS.map(({ of }, panel) => ({
        type: 'bar',
        xAxisIndex: panel,
        yAxisIndex: panel,
        data: shown.map((one) => ({
          value: Math.round(of(one)),
          itemStyle: { color: colorOf(one.contender) },
        })),
        label: {
          show: true,
          position: 'right',
          formatter: ({ value }) => Number(value).toLocaleString('en'),
        },
      })),
    },
  };
}

/** Lines of rows/s against the rows of a table. */
export function growth({ figures }: Pick<BenchReport, 'figures'>): Chart {
  const contenders = [...new Set(figures.map(({ contender }) => contender))];
  return {
    width: WIDTH,
    height: 420,
    option: {
      ...BASE,
      title: { text: 'rows/s against rows of a table', left: 'center', top: 8 },
      legend: { bottom: 8 },
      grid: { left: 80, right: 40, top: 50, bottom: 90 },
      xAxis: { type: 'log', name: 'rows of a table', nameLocation: 'middle', nameGap: 28, ...range(figures) },
      yAxis: { type: 'log', axisLabel: { formatter: (value: number) => value.toLocaleString('en') } },
      series: contenders.map((contender) => ({
        type: 'line',
        name: CONTENDERS[contender],
        color: colorOf(contender),
        symbolSize: 7,
        data: figures
          .filter((one) => one.contender === contender)
          .map((one) => [one.rows, Math.round(one.rowsPerSecond.median)]),
      })),
    },
  };
}

/** Draws a chart as SVG. */
export function drawn({ option, width, height }: Chart): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option);
    return `${chart.renderToSVGString()}\n`;
  } finally {
    chart.dispose();
  }
}

/** The largest size of which most contenders have figures. */
function sizeToShow(figures: readonly Figures[]): number {
  const count = (rows: number): number => figures.filter((one) => one.rows === rows).length;
  const sizes = [...new Set(figures.map(({ rows }) => rows))];
  return Math.max(...sizes.filter((rows) => sizes.every((other) => count(other) <= count(rows))));
}

const range = (figures: readonly Figures[]): { min: number; max: number } => ({
  min: Math.min(...figures.map(({ rows }) => rows)),
  max: Math.max(...figures.map(({ rows }) => rows)),
});

const COLORS: Readonly<Record<ContenderName, string>> = {
  'emitter-cold': '#c2185b',
  'emitter-warm': '#e57399',
  debezium: '#3f6fb5',
  python: '#7a9b3a',
  select: '#9e9e9e',
  producer: '#616161',
};

const colorOf = (contender: ContenderName): string => COLORS[contender];
