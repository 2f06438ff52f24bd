import { HEADER_BYTES, type LogEvent } from './events';

/** A file of a server's log, by which a log is told from another that was begun in its place. */
export interface LogFile {
  /** Identity of the server. */
  readonly server: string;
  /** The file's name. */
  readonly file: string;
  /** Time at which it was begun, in seconds since 1970. */
  readonly created: number;
}

/** The text of an origin, without spaces. */
export const originText = ({ server, file, created }: LogFile): string =>
  `${encodeURIComponent(server)}/${encodeURIComponent(file)}/${created}`;

/** Reads the text of an origin; one that is no origin is that of an unknown server. */
export function parseOrigin(text: string): LogFile {
  const [server = '', file = '', created = ''] = text.split('/');
  return { server: decodeURIComponent(server), file: decodeURIComponent(file), created: Number(created) };
}

/** The name of the file that follows, and the position at which it begins to be read. */
export const rotationOf = ({ bytes }: LogEvent): string => bytes.toString('utf8', HEADER_BYTES + 8);

/** The number with which the name of a file ends, and the name without it. */
export function numberOf(file: string): { readonly base: string; readonly number: number } {
  const dot = file.lastIndexOf('.');
  return { base: file.slice(0, dot), number: Number(file.slice(dot + 1)) };
}

/** The name of the file before another one, or `undefined` for the first. */
export function fileBefore(file: string): string | undefined {
  const { base, number } = numberOf(file);
  if (number <= 1) return undefined;
  return `${base}.${String(number - 1).padStart(file.length - base.length - 1, '0')}`;
}
