import path from 'node:path';

/** The git-ignored folder of the repository that holds everything about the servers on this machine. */
export const LOCAL_DIRECTORY = path.resolve(__dirname, '../../.local');
