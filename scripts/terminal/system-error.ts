import { accessSync, constants, existsSync, statSync } from 'node:fs';
import path from 'node:path';

/** An error of the operating system, as Node reports it. https://nodejs.org/api/errors.html#class-systemerror */
interface SystemError extends NodeJS.ErrnoException {
  readonly code: string;
  readonly syscall: string;
  readonly dest?: string;
  readonly address?: string;
  readonly port?: number;
}

/** Tells errors of the operating system from bugs of this project. */
export const isSystemError = (error: unknown): error is SystemError => {
  const { code, syscall } = (error ?? {}) as Partial<SystemError>;
  return typeof code === 'string' && typeof syscall === 'string';
};

/** One sentence for a person: what the operating system refused, where, and what to do about it. */
export function systemErrorText(error: SystemError): string {
  const { code, syscall, message } = causeOf(error);
  const place = placeOf(error);
  const at = place === '' ? '' : ` ${place}`;
  const why = `(${code}, ${syscall})`;
  if (syscall.startsWith('spawn') && code === 'ENOENT') {
    return `The program ${error.path} is needed, and none was found ${why}. Install it, or add its folder to PATH.`;
  }
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return error.port === undefined
        ? `There is no permission to ${DOING[syscall] ?? 'use'}${at} ${why}.${ownerOf(error.path)}`
        : `There is no permission to use${at} ${why}. Choose a port from 1024 on.`;
    case 'EROFS':
      return `The file system of${at} is read-only ${why}. Run this in a folder that can be written.`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `There is no space left${place === '' ? ' on the disk' : ` for${at}`} ${why}. Free some; "npm start" needs about 1 GB.`;
    case 'ENOENT':
      return `There is no${at} ${why}.`;
    case 'ENOTDIR':
      return `A part of${at} is a file and not a folder ${why}.`;
    case 'EISDIR':
      return `A folder is in the place of the file${at} ${why}.`;
    case 'EMFILE':
    case 'ENFILE':
      return `Too many files are open ${why}. Allow more of them in this shell: ulimit -n 4096`;
    case 'ENOMEM':
    case 'EAGAIN':
      return `The system has no memory or process left for${at || ' this'} ${why}. End other programs, and try again.`;
    case 'EADDRINUSE':
      return `Another program listens on${at} ${why}. End it, or choose another port.`;
    default:
      return `The system refused: ${message}.`;
  }
}

/** By the system call. */
const DOING: Readonly<Record<string, string>> = {
  access: 'use',
  chmod: 'change the mode of',
  mkdir: 'create',
  mkdtemp: 'create',
  open: 'open',
  rename: 'rename',
  rm: 'remove',
  rmdir: 'remove',
  scandir: 'list',
  unlink: 'remove',
};

const placeOf = ({ path: file, dest, address, port, syscall }: SystemError): string => {
  if (port !== undefined) return `port ${port} of ${address ?? 'this machine'}`;
  if (file === undefined) return syscall.startsWith('spawn ') ? syscall.slice('spawn '.length) : '';
  return dest === undefined ? file : `${file} -> ${dest}`;
};

/** Names the owner of a file: mostly another user's checkout, or one in which root has run something. */
function ownerOf(file: string | undefined): string {
  if (file === undefined || !path.isAbsolute(file)) return '';
  const found = nearest(file);
  const { uid } = statSync(found);
  return uid === process.getuid?.()
    ? ` Change the mode of ${found}.`
    : ` ${found} belongs to the user with the id ${uid}: run this as that user, or in a folder of your own.`;
}

/** Finds the real cause of a failed recursive mkdir: Node reports ENOENT for a read-only file system. */
function causeOf(error: SystemError): SystemError {
  if (error.code !== 'ENOENT' || error.syscall !== 'mkdir' || error.path === undefined) return error;
  try {
    accessSync(nearest(error.path), constants.W_OK);
    return error;
  } catch (cause) {
    return Object.assign(cause as SystemError, { syscall: 'mkdir' });
  }
}

/** The folder of a path that is there. */
function nearest(file: string): string {
  const above = path.dirname(file);
  return file === above || existsSync(file) ? file : nearest(above);
}
