import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Diagnosis of the place where the SDK looked for credentials. */
export interface CredentialsFinding {
  /** A sentence; `undefined` when nothing was set up, so that there is nothing to say. */
  readonly problem: string | undefined;
  /** Command that signs in; absent if only general advice applies. */
  readonly remedy?: string;
}

/**
 * Finds out why the SDK has no credentials, of which it says only that it has none. Shows no value but names.
 *
 * @param environment @default the one of this process
 */
export function findCredentialsProblem(environment: NodeJS.ProcessEnv = process.env): CredentialsFinding {
  const named = environment['AWS_PROFILE'];
  if (!named) {
    const [set, missing] = environment['AWS_ACCESS_KEY_ID'] ? KEY_VARIABLES : KEY_VARIABLES.toReversed();
    if (environment[set as string]) return { problem: `${set} is set, and ${missing} is not.` };
  }
  const files = readFiles(environment);
  const name = named || 'default';
  const places = files.map(({ file }) => file).join(' or ');
  const settings = settingsOf(files, name);
  if (settings === undefined) {
    const unreadable = files.find(({ problem }) => problem !== undefined);
    if (unreadable !== undefined || !named) return { problem: unreadable?.problem };
    const others = [...new Set(files.flatMap(({ profiles }) => [...profiles.keys()]))];
    const there = others.length === 0 ? '' : ` There is: ${others.join(', ')}.`;
    return { problem: `AWS_PROFILE is "${named}", and there is no such profile in ${places}.${there}` };
  }
  return problemOf(name, settings, files, places);
}

const KEY_VARIABLES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

function problemOf(
  name: string,
  settings: Settings,
  files: readonly ProfileFile[],
  places: string,
): CredentialsFinding {
  const profile = `The profile "${name}" in ${places}`;
  if (settings.has('sso_session') || settings.has('sso_start_url')) {
    return {
      problem: `The AWS credentials have expired, or nobody has signed in yet: the profile "${name}" uses SSO.`,
      remedy: `Sign in: aws sso login --profile ${name}`,
    };
  }
  const source = settings.get('source_profile');
  if (source !== undefined && settingsOf(files, source) === undefined) {
    return { problem: `${profile} takes its credentials from "${source}", which is not there.` };
  }
  if (settings.has('mfa_serial')) {
    return {
      problem: `${profile} asks for a code each time (mfa_serial), which no command here can ask you for.`,
      remedy: `Give it to the AWS CLI, and its answer to this shell: eval "$(aws configure export-credentials --profile ${name} --format env)"`,
    };
  }
  if (settings.has('credential_process')) {
    return { problem: `${profile} runs a program (credential_process) that returns no credentials.` };
  }
  for (const [set, missing] of [KEYS, KEYS.toReversed()] as [string, string][]) {
    if (settings.has(set) && !settings.has(missing))
      return { problem: `${profile} has ${set} and no ${missing}.` };
  }
  return { problem: `${profile} has no credentials.` };
}

const KEYS = ['aws_access_key_id', 'aws_secret_access_key'];

type Settings = ReadonlyMap<string, string>;

interface ProfileFile {
  readonly file: string;
  readonly profiles: ReadonlyMap<string, Settings>;
  /** Reason that it cannot be read. */
  readonly problem?: string;
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html */
function readFiles(environment: NodeJS.ProcessEnv): ProfileFile[] {
  const folder = path.join(environment['HOME'] || os.homedir(), '.aws');
  return [
    readFile(environment['AWS_CONFIG_FILE'] || path.join(folder, 'config'), IN_CONFIG),
    readFile(environment['AWS_SHARED_CREDENTIALS_FILE'] || path.join(folder, 'credentials'), IN_CREDENTIALS),
  ];
}

/** Header of a profile's section; other sections are about SSO and services. */
const IN_CONFIG = /^(?:profile\s+["']?(?=[^\s"'])|(?=default$))(.+?)["']?$/;
const IN_CREDENTIALS = /^(.+)$/;

/** A profile as both files together describe it. */
function settingsOf(files: readonly ProfileFile[], name: string): Settings | undefined {
  const found = files.flatMap(({ profiles }) => profiles.get(name) ?? []);
  return found.length === 0 ? undefined : new Map(found.flatMap((settings) => [...settings]));
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
function readFile(file: string, section: RegExp): ProfileFile {
  const profiles = new Map<string, Map<string, string>>();
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? { file, profiles }
      : { file, profiles, problem: `The file ${file} cannot be read (${code}).` };
  }
  let settings: Map<string, string> | undefined;
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    // An indented line may go on with the value before it.
    if (/^\s*([#;].*)?$/.test(line) || (settings !== undefined && /^\s+[^=]*$/.test(line))) continue;
    const [, title] = /^\s*\[([^\]]+)\]\s*([#;].*)?$/.exec(line) ?? [];
    const [, name, value] = /^\s*([^=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (title === undefined && name === undefined) {
      return {
        file,
        profiles,
        problem: `Line ${index + 1} of ${file} is neither [profile …] nor name = value.`,
      };
    }
    if (title === undefined) {
      settings?.set((name as string).toLowerCase(), value as string);
      continue;
    }
    const [, profile] = section.exec(title.trim()) ?? [];
    settings = new Map(profile === undefined ? [] : profiles.get(profile));
    if (profile !== undefined) profiles.set(profile, settings);
  }
  return { file, profiles };
}
