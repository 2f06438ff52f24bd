import { publishedReport } from '../../../scripts/bench/published-report';
import { EMITTER_MEASUREMENT } from '../../../scripts/cost/emitter-measurement';

test('the measurement of the bill is near the published one, of the cold emitter at the largest size', () => {
  const { figures, startUp } = publishedReport();
  const cold = figures.findLast(({ subject }) => subject === 'emitter-cold');
  const published = {
    secondsPerMillionRows: 1_000_000 / (cold?.rowsPerSecond.median ?? 0),
    cpuSecondsPerMillionRows: cold?.cpuSecondsPerMillionRows.own.median ?? 0,
  };

  for (const [name, seconds] of Object.entries(published)) {
    const ratio = EMITTER_MEASUREMENT[name as keyof typeof published] / seconds;
    // Further apart, the figures in scripts/cost/emitter-measurement.ts are to be renewed.
    expect({ name, ratio: ratio > 0.5 && ratio < 2 ? 'near' : ratio }).toEqual({ name, ratio: 'near' });
  }
  expect(EMITTER_MEASUREMENT.idleRunSeconds).toBeGreaterThan((startUp.at(-1)?.idleMs.median ?? 1e9) / 1000);
});
