const { leftOut } = require('./left-out');

/** What every jest project shares; scripts run on the same TypeScript, so nothing is compiled beforehand. */
module.exports = {
  rootDir: '../../..',
  testEnvironment: 'node',
  transform: {
    '^.+\\.(t|j)s$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  // Published as ES modules only, which jest loads only when transformed.
  transformIgnorePatterns: ['/node_modules/(?!@faker-js/)'],
  testPathIgnorePatterns: ['/node_modules/', ...[...leftOut.keys()].map((file) => `<rootDir>/${file}$`)],
  modulePathIgnorePatterns: ['<rootDir>/.local/', '<rootDir>/cdk.out/'],
};
