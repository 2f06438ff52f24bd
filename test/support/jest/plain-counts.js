const path = require('node:path');
const { leftOut } = require('./left-out');

/** Ends a run with a plain line for each test that was left out, and one of counts, which any continuous integration can read. */
module.exports = class PlainCounts {
  constructor({ testNamePattern }) {
    this.isSelection = Boolean(testNamePattern);
  }

  onRunComplete(contexts, results) {
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = results;
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const lines = [
      ...[...contexts].flatMap(({ config }) => filesOf(config)),
      ...(this.isSelection ? [] : results.testResults.flatMap(skippedIn)),
      `${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped`,
    ];
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }
};

/** Lines about the files that would have been tests of a project. */
const filesOf = ({ rootDir, testMatch }) =>
  [...leftOut]
    .filter(([file]) => testMatch.some((pattern) => path.matchesGlob(path.join(rootDir, file), pattern)))
    .map(([file, programs]) => `left out: ${file} needs ${programs.join(' and ')}`);

/** Lines about the single tests that a file has skipped. */
const skippedIn = ({ testFilePath, testResults }) =>
  testResults
    .filter(({ status }) => status === 'pending')
    .map(({ fullName }) => `left out: ${path.relative(process.cwd(), testFilePath)}: ${fullName}`);
