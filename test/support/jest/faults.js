module.exports = {
  ...require('./base'),
  displayName: 'faults',
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  testEnvironment: '<rootDir>/test/support/jest/integration-environment.ts',
  setupFilesAfterEnv: ['<rootDir>/test/support/jest/timeout.ts'],
};
