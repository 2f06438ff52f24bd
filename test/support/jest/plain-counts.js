const path = require('node:path');
const { leftOut } = require('./left-out');

/** Ends a run with a plain line for each file that was left out, and one of counts, which any continuous integration can read. */
module.exports = class PlainCounts {
  onRunComplete(contexts, { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
    const patterns = new Set([...contexts].flatMap(({ config }) => matchedBy(config)));
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    for (const [file, programs] of leftOut) {
      if (patterns.has(file)) process.stdout.write(`left out: ${file} needs ${programs.join(' and ')}\n`);
    }
    process.stdout.write(`${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped\n`);
  }
};

/** The files that would have been tests of a project. */
const matchedBy = ({ rootDir, testMatch }) =>
  [...leftOut.keys()].filter((file) =>
    testMatch.some((pattern) => path.matchesGlob(path.join(rootDir, file), pattern)),
  );
