import path from 'node:path';

/** Git-ignored folder with everything about the servers on this machine. */
export const LOCAL_DIRECTORY = path.resolve(__dirname, '../../.local');
