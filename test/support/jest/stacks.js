module.exports = {
  ...require('./base'),
  displayName: 'stacks',
  setupFilesAfterEnv: ['<rootDir>/test/support/jest/timeout.ts'],
  testMatch: ['<rootDir>/test/{bin,lib}/**/*.test.ts'],
};
