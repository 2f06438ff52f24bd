module.exports = {
  ...require('./base'),
  displayName: 'unit',
  setupFiles: ['<rootDir>/test/support/jest/no-aws.js'],
  testMatch: ['<rootDir>/test/{lambda,scripts}/**/*.test.ts'],
};
