module.exports = {
  ...require('./base'),
  displayName: 'integration',
  testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
};
