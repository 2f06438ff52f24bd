module.exports = {
  ...require('./base'),
  displayName: 'unit',
  setupFiles: ['<rootDir>/test/support/jest/no-aws.js'],
  setupFilesAfterEnv: ['<rootDir>/test/support/jest/timeout.ts'],
  testMatch: ['<rootDir>/test/{documents,lambda,scripts}/**/*.test.ts'],
};
