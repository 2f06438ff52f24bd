import { TestEnvironment } from 'jest-environment-node';
import { muteNegativeTimeoutWarning } from '../../../lambda/shared/kafka/negative-timeout-warning';

// Here, because tests see a copy of `process` while Node warns through the real one.
muteNegativeTimeoutWarning();

export default TestEnvironment;
