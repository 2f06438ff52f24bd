const { spawnSync } = require('node:child_process');
const { accessSync, constants } = require('node:fs');
const path = require('node:path');

/** Programs that `npm start` does not need, and the files of tests that do. Where one is missing they are left out, by name. */
const NEEDS = [
  {
    program: 'Python 3.10 or newer with venv',
    isHere: () =>
      spawnSync('python3', ['-c', 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10)'])
        .status === 0,
    files: [
      'test/deploy/accounts.test.ts',
      'test/deploy/deploy-local.test.ts',
      'test/deploy/operators-day.test.ts',
      'test/lib/iam-actions.test.ts',
      'test/lib/linters.test.ts',
      'test/lib/replacements.test.ts',
    ],
  },
  {
    program: 'Maven',
    isHere: () => isOnPath('mvn'),
    files: [
      'test/integration/iam/kafka-client.test.ts',
      'test/integration/kafka-client/boot-script.test.ts',
      'test/integration/local/kafka-list.test.ts',
    ],
  },
  {
    program: 'OpenSSH',
    isHere: () => isOnPath('ssh') && isOnPath('ssh-keygen'),
    files: [
      'test/deploy/deploy-local.test.ts',
      'test/deploy/operators-day.test.ts',
      'test/integration/ssh/ssh.test.ts',
      'test/scripts/fetch-key.test.ts',
    ],
  },
  { program: 'kcat', isHere: () => isOnPath('kcat'), files: [] },
];

function isOnPath(program) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const missing = NEEDS.filter(({ isHere }) => !isHere());

/** The test files that are left out on this machine, with the programs that they need. */
const leftOut = new Map();
for (const { program, files } of missing) {
  for (const file of files) leftOut.set(file, [...(leftOut.get(file) ?? []), program]);
}

/** The full name of a program that is missing on this machine; `undefined` where it is here. */
const missingProgram = (name) => missing.find(({ program }) => program.startsWith(name))?.program;

module.exports = { leftOut, missingProgram };
