import { startLocalServers } from '../../../scripts/local/pipeline-servers';
import { ExpectedError } from '../../../scripts/terminal/expected-error';
import { silentProgress } from '../../../scripts/terminal/progress';

test('a path that is too long for the servers is refused with its length, counted in bytes, and nothing is written', async () => {
  const directory = `/nowhere/${'é'.repeat(204)}`;

  const started = startLocalServers({ directory, progress: silentProgress });

  await expect(started).rejects.toThrow(ExpectedError);
  await expect(started).rejects.toThrow(
    `The path ${directory} has 417 bytes, and MariaDB takes up to 415. Run this in a folder with a shorter one.`,
  );
});
