module.exports = {
  ...require('./base'),
  displayName: 'stacks',
  testMatch: ['<rootDir>/test/{bin,lib}/**/*.test.ts'],
};
