/**
 * Major version of Node.js that the functions run on.
 *
 * The package `node` in package.json has the same major version. It puts the Node.js of the Lambda runtime first on the
 * PATH of npm scripts, so that `npm start` and the tests run the functions on the version that AWS runs them on, whatever
 * version is installed on the machine.
 */
export const NODE_MAJOR = 24;
