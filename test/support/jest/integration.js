module.exports = {
  ...require('./base'),
  displayName: 'integration',
  testMatch: ['<rootDir>/test/{integration,readers}/**/*.test.ts'],
  testEnvironment: '<rootDir>/test/support/jest/integration-environment.ts',
  globalSetup: '<rootDir>/test/support/jest/start-servers.ts',
  globalTeardown: '<rootDir>/test/support/jest/stop-servers.ts',
  setupFilesAfterEnv: ['<rootDir>/test/support/jest/timeout.ts'],
};
