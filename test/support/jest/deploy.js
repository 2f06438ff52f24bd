module.exports = {
  ...require('./base'),
  displayName: 'deploy',
  testMatch: ['<rootDir>/test/deploy/**/*.test.ts'],
  testEnvironment: '<rootDir>/test/support/jest/integration-environment.ts',
};
