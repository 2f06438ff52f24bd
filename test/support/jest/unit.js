module.exports = {
  ...require('./base'),
  displayName: 'unit',
  testMatch: ['<rootDir>/test/{lambda,scripts}/**/*.test.ts'],
};
