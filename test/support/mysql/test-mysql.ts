import { spawn } from 'node:child_process';
import path from 'node:path';
import { terminalProgress } from '../../../scripts/terminal/progress';
import { mysqlProgram, NoMysqlError } from './mysql-program';

/**
 * `npm run test:mysql`: the main integration tests against a real MySQL. With `--if-available` it is no failure that none
 * can be had, and that is said.
 */
async function testMysql(argv: readonly string[]): Promise<number> {
  const patterns = argv.filter((argument) => argument !== '--if-available');
  try {
    await mysqlProgram(terminalProgress());
  } catch (error) {
    if (!(error instanceof NoMysqlError)) throw error;
    const leftOut = argv.includes('--if-available');
    process.stderr.write(`${leftOut ? 'The tests against MySQL are left out. ' : ''}${error.message}\n`);
    return leftOut ? 0 : 2;
  }
  const config = path.join(__dirname, '../jest/mysql.js');
  const jest = spawn('jest', ['--config', config, ...patterns], { stdio: 'inherit' });
  return await new Promise((resolve) => jest.on('exit', (status) => resolve(status ?? 1)));
}

void testMysql(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
