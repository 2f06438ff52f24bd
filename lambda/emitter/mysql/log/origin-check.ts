import { lost } from './lost';
import { type LogFile, numberOf, parseOrigin } from './origin';

/**
 * Compares the files of a log that are read with the one that was read before. A server whose log was begun anew gives the
 * same GTIDs to other transactions. Another server does not, and may go on where the first one ended.
 */
export class OriginCheck {
  /** The first file that was read. */
  first: LogFile | undefined;
  /** The last file that was read. */
  last: LogFile | undefined;
  private readonly known: LogFile;
  private isSeen = false;

  /**
   * @param server whose log is read
   * @param origin of the log that was read before
   */
  constructor(
    private readonly server: string,
    origin: string,
  ) {
    this.known = parseOrigin(origin);
  }

  /** @throws LogLostError when it is another file with the same name. */
  see(file: string, created: number): void {
    this.last = { server: this.server, file, created };
    this.first ??= this.last;
    if (this.server !== this.known.server || file !== this.known.file) return;
    if (created !== this.known.created) throw begunAnew();
    this.isSeen = true;
  }

  /** The file that was read before, where it was not among those that were read now. */
  get unseenFile(): string | undefined {
    return this.isSeen || this.server !== this.known.server ? undefined : this.known.file;
  }

  /**
   * @param created of {@link unseenFile}, where it is still there
   * @throws LogLostError when it is another file, or cannot have been purged.
   */
  conclude(created: number | undefined): void {
    if (created === this.known.created) return;
    const [before, now] = [numberOf(this.known.file), numberOf(this.first?.file ?? '')];
    const isPurged = created === undefined && before.base === now.base && before.number < now.number;
    if (!isPurged) throw begunAnew();
  }
}

const begunAnew = (): Error => lost('the log was begun anew since it was read before');
