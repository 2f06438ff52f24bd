import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const PROJECT = path.join(__dirname, '../..');

/**
 * The rooms of scripts/, the lowest first. A room imports rooms of the floors below it, and none beside or above it.
 *
 * The order is that of how much a room knows: the screen and the disk, then AWS, then what can be said of AWS, then the
 * servers of this machine, then what needs both. So a command about AWS never loads the local servers, a bill never
 * depends on a benchmark, and each room can be tested with nothing but those below it.
 */
const FLOORS = [
  // The screen: texts, options, progress, the frame of a command. It knows nothing of the project.
  ['terminal'],
  // Files, ports and process ids of this machine.
  ['machine'],
  // Options that hold values of the pipeline; what the commands ask of AWS, or of the emulator that runs.
  ['options', 'aws'],
  // What a configuration and its left-overs cost; runs of the emitter, wherever it runs, and their reports.
  ['cost', 'runs'],
  // Kafka, MariaDB and the emitter on this machine.
  ['local'],
  // What stands on both AWS and the local servers, each for commands of its own.
  ['bench', 'doctor', 'emulator', 'table-files'],
] as const;

/** Rooms that import nothing else of the project, neither lib nor lambda. */
const BARE = ['terminal', 'machine'];

const floorOf = (room: string): number => FLOORS.findIndex((rooms) => rooms.some((one) => one === room));

/** The files that a file imports, or replaces for itself, by their path in the project. */
const importsOf = (file: string): string[] =>
  [
    ...readFileSync(path.join(PROJECT, file), 'utf8').matchAll(
      /(?:from|import|import\(|require\() ?'(\.[^']+)'/g,
    ),
  ].map(([, name = '']) => path.join(path.dirname(file), name));

const roomOf = (file: string): string => path.dirname(file).split(path.sep)[1] ?? 'commands';

const files = readdirSync(path.join(PROJECT, 'scripts'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => path.join('scripts', name));

const rooms = [...new Set(files.map(roomOf))].filter((room) => room !== 'commands');

test('every room has its floor', () => {
  expect(rooms.toSorted()).toEqual(FLOORS.flat().toSorted());
});

describe.each(rooms)('the room %s', (room) => {
  const imports = files
    .filter((file) => roomOf(file) === room)
    .flatMap((file) => importsOf(file).map((imported) => ({ file, imported })));

  test('imports only rooms below it, and no command', () => {
    const wrong = imports.filter(({ imported }) => {
      if (!imported.startsWith('scripts/')) return false;
      const other = roomOf(imported);
      return other !== room && (other === 'commands' || floorOf(other) >= floorOf(room));
    });

    expect(wrong).toEqual([]);
  });

  if (BARE.includes(room)) {
    test('imports nothing else of the project', () => {
      expect(imports.filter(({ imported }) => !imported.startsWith('scripts/'))).toEqual([]);
    });
  }
});

test('commands import no other command', () => {
  const wrong = files
    .filter((file) => roomOf(file) === 'commands')
    .flatMap((file) => importsOf(file).map((imported) => ({ file, imported })))
    .filter(({ imported }) => imported.startsWith('scripts/') && roomOf(imported) === 'commands');

  expect(wrong).toEqual([]);
});
