import type { CommandLine } from '../../scripts/terminal/command';

/** What a command did. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Carries out a command in this process, with its output caught. */
export async function runCommand(command: CommandLine, ...argv: readonly string[]): Promise<CommandResult> {
  const caught = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    jest.spyOn(process[stream], 'write').mockImplementation((text) => {
      caught[stream] += String(text);
      return true;
    }),
  );
  try {
    const status = await command(argv);
    return { status, ...caught };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
