module.exports = {
  ...require('./base'),
  displayName: 'unit',
  testMatch: ['<rootDir>/test/{bin,lib,lambda,scripts}/**/*.test.ts'],
};
