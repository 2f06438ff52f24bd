import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { pythonWith } from '../../scripts/local/python-environment';
import { LOCAL_DIRECTORY } from '../../scripts/machine/paths';
import { silentProgress } from '../../scripts/terminal/progress';
import { testDirectory } from '../support/servers';

const PROJECT = path.resolve(__dirname, '../..');

/** A setting in a recipe, and what a reader has there who does not know of it. */
export interface Change {
  readonly setting: string;
  readonly instead: string;
}

/**
 * Runs a recipe of this folder, or a changed copy of it, and returns what it writes to standard output.
 *
 * @throws Error of the program, with its words on `stderr`, when it fails.
 */
export async function runRecipe(recipe: string, args: readonly string[], change?: Change): Promise<string> {
  const file = change === undefined ? path.join(__dirname, recipe) : changedCopy(recipe, change);
  const [program, ...options] = await programOf(recipe);
  const { stdout } = await promisify(execFile)(program, [...options, file, ...args], {
    cwd: PROJECT,
    maxBuffer: 64 * 1024 ** 2,
  });
  return stdout;
}

async function programOf(recipe: string): Promise<[string, ...string[]]> {
  if (recipe.endsWith('.py')) return [await recipesPython()];
  return recipe.endsWith('.ts') ? [process.execPath, '--import', 'tsx'] : ['sh'];
}

const recipesPython = (): Promise<string> =>
  pythonWith(
    {
      user: 'The recipes for readers',
      content: 'the packages of the recipes for readers',
      requirements: path.join(__dirname, 'requirements.txt'),
      directory: path.join(LOCAL_DIRECTORY, 'readers'),
    },
    silentProgress,
  );

function changedCopy(recipe: string, { setting, instead }: Change): string {
  const text = readFileSync(path.join(__dirname, recipe), 'utf8');
  if (!text.includes(setting)) throw new Error(`There is no "${setting}" in ${recipe}.`);
  const folder = testDirectory();
  mkdirSync(folder, { recursive: true });
  const copy = path.join(folder, recipe);
  writeFileSync(copy, text.replace(setting, instead).replaceAll('../../lambda', `${PROJECT}/lambda`));
  return copy;
}
