// kafkajs 2.2.4 asks for a negative timeout at every connect, which Node 24 warns of (tulios/kafkajs#1751). Tests see
// a copy of `process`, so the real one can be reached from here only.
const { emitWarning } = process;
process.emitWarning = (warning, type, ...rest) => {
  if (type !== 'TimeoutNegativeWarning') emitWarning.call(process, warning, type, ...rest);
};

module.exports = require('jest-environment-node').TestEnvironment;
