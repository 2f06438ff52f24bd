import { PassThrough } from 'node:stream';
import { cut, frame, openLiveScreen } from '../../../scripts/terminal/live-screen';

/** A terminal of a size, and all that was written to it. */
function terminal(columns: number, rows: number) {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns, rows });
  const written = (): string => String(stream.read() ?? '');
  return { stream: stream as unknown as NodeJS.WriteStream, written };
}

describe('a frame', () => {
  test('begins in the corner, erases each line before it writes it, and what is below', () => {
    expect(frame(['one', 'two'], 80, 24)).toBe('\u001b[H\u001b[2Kone\r\n\u001b[2Ktwo\r\n\u001b[J');
  });

  test('leaves out the last lines where there are too many, and does not scroll', () => {
    expect(frame(['one', 'two', 'three'], 80, 2)).toBe('\u001b[H\u001b[2Kone\r\n\u001b[2Ktwo');
  });
});

test('a line is cut by characters, with an ellipsis where something is left out', () => {
  expect(cut('just fits', 9)).toBe('just fits');
  expect(cut('too wide', 5)).toBe('too …');
  expect(cut('😀😀😀', 2)).toBe('😀…');
  expect(cut('narrow', 1)).toBe('…');
});

describe('a live screen', () => {
  test('hides the cursor and stops the wrapping while it is open, and gives both back with the last lines', () => {
    const { stream, written } = terminal(10, 5);
    let count = 0;
    const screen = openLiveScreen(() => [`frame ${++count}`, 'a line that is too long'], stream);

    expect(written()).toBe(
      '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[H\u001b[2Kframe 1\r\n\u001b[2Ka line th…\r\n\u001b[J',
    );
    screen.draw();
    expect(written()).toContain('frame 2');
    screen.close();
    expect(written()).toBe('\u001b[?7h\u001b[?25h\u001b[?1049lframe 3\na line th…\n');
  });

  test('is silent after it was closed, and closes once', () => {
    const { stream, written } = terminal(10, 5);
    const screen = openLiveScreen(() => ['line'], stream);
    screen.close();
    written();

    screen.close();
    screen.draw();
    stream.emit('resize');
    expect(written()).toBe('');
  });

  test('is drawn again in the new size when the terminal changes it', () => {
    const { stream, written } = terminal(40, 5);
    const screen = openLiveScreen(() => ['a line', 'another'], stream);
    written();

    Object.assign(stream, { columns: 4, rows: 1 });
    stream.emit('resize');
    expect(written()).toBe('\u001b[H\u001b[2Ka l…');
    screen.close();
  });

  test('takes a terminal that does not know its size for one of 80 columns and 24 rows', () => {
    const { stream, written } = terminal(0, 0);
    const screen = openLiveScreen(() => Array.from({ length: 30 }, () => 'x'.repeat(100)), stream);

    expect(written().split('\r\n')).toEqual([
      expect.any(String),
      ...Array.from({ length: 23 }, () => `\u001b[2K${'x'.repeat(79)}…`),
    ]);
    screen.close();
  });

  test('leaves no handler behind', () => {
    const handlers = () => [process.listenerCount('exit'), process.listenerCount('uncaughtExceptionMonitor')];
    const before = handlers();
    const screen = openLiveScreen(() => [], terminal(10, 5).stream);
    expect(handlers()).not.toEqual(before);

    screen.close();
    expect(handlers()).toEqual(before);
  });
});
