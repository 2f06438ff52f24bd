import { emitterMeasurement } from '../../../scripts/cost/emitter-measurement';
import { reportOf, roundOf, startOf } from '../bench/sample-rounds';

test('takes the figures of the cold emitter at the largest size', () => {
  const measurement = emitterMeasurement(reportOf());

  expect(measurement).toMatchObject({
    machine: 'Abacus, 2 cores, 24 GiB, Linux, Node 24.1.0, Java 17.0.1',
    date: '2026-01-02',
    rows: 3_000_000,
    idleRunSeconds: 0.1,
  });
  expect(measurement.secondsPerMillionRows).toBeCloseTo(1_000_000 / 30_000);
  expect(measurement.cpuSecondsPerMillionRows).toBeCloseTo(50 / 3);
});

test.each([
  ['the emitter', [roundOf('debezium', 10, 1), startOf(10, 1)]],
  ['its start', [roundOf('emitter-cold', 10, 1)]],
])('refuses a report without %s', (_, rounds) => {
  expect(() => emitterMeasurement(reportOf(rounds))).toThrow('The benchmark has no emitter in it.');
});
