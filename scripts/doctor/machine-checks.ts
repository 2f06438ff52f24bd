import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pythonVersion } from '../local/python-environment';
import { problemWith, TOOLS } from '../local/toolchain';
import { type Check, failed, ok, warning } from './check';

const PROJECT = path.resolve(__dirname, '../..');

/** Checks of this machine: the programs of the local servers, the CDK CLI, Python and SSH. */
export const machineChecks = (): Check[] => [
  ...TOOLS.map(
    (tool): Check => ({
      name: tool.name,
      examine: async () => {
        const problem = await problemWith(tool);
        return problem === undefined
          ? ok(`${tool.atLeast.join('.')} or newer is here`)
          : failed(problem, tool.install);
      },
    }),
  ),
  {
    name: 'CDK CLI',
    examine: async () => {
      const wanted = versionIn(
        path.join(PROJECT, 'package.json'),
        ({ devDependencies }) => devDependencies?.['aws-cdk'],
      );
      const found = versionIn(
        path.join(PROJECT, 'node_modules/aws-cdk/package.json'),
        ({ version }) => version,
      );
      return found === wanted && found !== undefined
        ? ok(found)
        : failed(`${found ?? 'not installed'}; this project is made for ${wanted}`, 'npm ci');
    },
  },
  {
    name: 'Python',
    examine: () =>
      pythonVersion('The emulator of AWS (npm run deploy:local)').then(
        () => ok('3.10 or newer with venv is here'),
        ({ message }: Error) => warning(message, 'Debian/Ubuntu: sudo apt-get install python3-venv'),
      ),
  },
  {
    name: 'SSH',
    examine: async () =>
      (await problemWith({
        name: 'OpenSSH',
        // The first that pins a host key when it is seen first and asks nothing.
        atLeast: [7, 6],
        command: ['ssh', '-V'],
        version: /OpenSSH_(?:for_Windows_)?(\d+)\.(\d+)/,
        install: 'Debian/Ubuntu: sudo apt-get install openssh-client',
      })) === undefined
        ? ok('7.6 or newer is here')
        : warning(
            'no OpenSSH 7.6 or newer: fetch-key and connect need it',
            'Debian/Ubuntu: sudo apt-get install openssh-client',
          ),
  },
];

interface PackageFile {
  readonly version?: string;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function versionIn(file: string, of: (content: PackageFile) => string | undefined): string | undefined {
  try {
    return of(JSON.parse(readFileSync(file, 'utf8')) as PackageFile);
  } catch {
    return undefined;
  }
}
