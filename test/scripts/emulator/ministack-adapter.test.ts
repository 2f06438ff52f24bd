import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const EMULATOR = path.join(__dirname, '../../../scripts/emulator');

const ADAPTER = 'ministack_adapter.py';

const textOf = (file: string): string => readFileSync(path.join(EMULATOR, file), 'utf8');

const plugIns = readdirSync(EMULATOR).filter((file) => file.endsWith('.py') && file !== ADAPTER);

test('the adapter knows the version of MiniStack that is installed', () => {
  const [, known] = /^KNOWN_VERSION = "(.+)"$/m.exec(textOf(ADAPTER)) ?? [];

  expect(textOf('requirements.txt')).toContain(`ministack==${known}\n`);
});

test.each(plugIns)('%s reaches MiniStack through the adapter only', (file) => {
  expect(textOf(file)).not.toMatch(/^\s*(?:from|import) ministack\b/m);
  // os._exit is no member of MiniStack.
  expect(textOf(file).replaceAll('os._exit', '')).not.toMatch(/\b[a-z_]\w*\._[a-z]/);
});
