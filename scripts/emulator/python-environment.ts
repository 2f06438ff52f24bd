import path from 'node:path';
import { pythonWith } from '../local/python-environment';
import { LOCAL_DIRECTORY } from '../machine/paths';
import type { Progress } from '../terminal/progress';

/**
 * The Python of a virtual environment that has the emulator, one for all deployments; made at the first use (some 100 MB).
 *
 * @throws ToolchainError when there is no Python with virtual environments.
 * @throws Error with pip's own words when it cannot install them.
 */
export const emulatorPython = (progress: Progress): Promise<string> =>
  pythonWith(
    {
      user: 'The emulator of AWS (npm run deploy:local)',
      content: 'the AWS emulator (MiniStack)',
      requirements: path.join(__dirname, 'requirements.txt'),
      directory: path.join(LOCAL_DIRECTORY, 'emulator'),
    },
    progress,
  );
