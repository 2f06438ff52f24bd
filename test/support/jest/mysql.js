const integration = require('./integration');

/** The integration tests that are about a database, against MySQL instead of MariaDB. */
module.exports = {
  ...integration,
  displayName: 'mysql',
  testMatch: [
    'database/**',
    'emitter/{changes,columns,emit,errors,follow-changes,warm}',
    'save-tables',
    'put-credentials',
    'sample-loader/*',
    'verifier/{changes,mend,verify}',
  ].map((name) => `<rootDir>/test/integration/${name}.test.ts`),
  globalSetup: '<rootDir>/test/support/jest/start-servers-mysql.ts',
  reporters: ['default', '<rootDir>/test/support/jest/plain-counts.js'],
};
