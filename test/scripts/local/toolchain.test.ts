import { type Ask, checkToolchain, ToolchainError } from '../../../scripts/local/toolchain';

const ANSWERS: Record<string, string> = {
  java: 'openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment',
  [process.execPath]: 'v24.21.0\n',
};

const answering =
  (answers: Record<string, string | undefined>): Ask =>
  async (command) =>
    ({ ...ANSWERS, ...answers })[command];

describe('the toolchain check', () => {
  test('is content with what is new enough', async () => {
    await expect(checkToolchain(answering({}))).resolves.toBeUndefined();
  });

  test('is content with an early version without a minor number', async () => {
    await expect(
      checkToolchain(answering({ java: 'openjdk version "21" 2023-09-19' })),
    ).resolves.toBeUndefined();
  });

  test('names everything that is missing, a line each, with what installs it', async () => {
    const check = checkToolchain(async () => undefined);

    await expect(check).rejects.toThrow(ToolchainError);
    const lines = String(await check.catch((error: Error) => error.message)).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^Java 17 or newer is needed, and none was found\. Debian\/Ubuntu: sudo apt-get install openjdk-17.*brew/,
    );
    expect(lines[1]).toMatch(/^Node 22\.13 or newer is needed, and none was found\./);
  });

  test.each([
    ['java', 'java version "1.8.0_392"', 'Java 17 or newer is needed, and 1.8 was found.'],
    ['java', 'openjdk version "11.0.22" 2024-01-16', 'Java 17 or newer is needed, and 11.0 was found.'],
    [process.execPath, 'v22.12.0', 'Node 22.13 or newer is needed, and 22.12 was found.'],
  ])('refuses %s of "%s"', async (command, answer, message) => {
    await expect(checkToolchain(answering({ [command]: answer }))).rejects.toThrow(message);
  });

  test('tells a program that fails from one that is missing', async () => {
    const answer = '\nThe JAVA_HOME environment variable is not defined correctly\nmore';
    await expect(checkToolchain(answering({ java: answer }))).rejects.toThrow(
      'Java 17 or newer is needed, and "java -version" does not print its version, but: The JAVA_HOME environment variable is not defined correctly',
    );
  });

  test('asks the real programs', async () => {
    const lines = await checkToolchain().then(
      () => [],
      (error: Error) => error.message.split('\n'),
    );
    expect(lines.filter((line) => line.startsWith('Node'))).toEqual([]);
  });
});
