const TestSequencer = require('@jest/test-sequencer').default;

/** The files that take minutes, mostly of waiting, the longest first: a fresh clone knows no durations. */
const LONGEST = [
  'test/deploy/deploy-local.test.ts',
  'test/faults/faults.test.ts',
  'test/deploy/accounts.test.ts',
  'test/deploy/operators-day.test.ts',
  'test/integration/iam/emitter.test.ts',
  'test/integration/emitter/traps.test.ts',
  'test/integration/database/server-settings.test.ts',
];

/** Begins with the longest tests, so that no worker is left alone with one of them at the end. */
module.exports = class LongestFirst extends TestSequencer {
  sort(tests) {
    const place = ({ path }) => {
      const index = LONGEST.findIndex((file) => path.endsWith(file));
      return index === -1 ? LONGEST.length : index;
    };
    return super.sort(tests).sort((a, b) => place(a) - place(b));
  }
};
