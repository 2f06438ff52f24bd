import { ExpectedError } from '../terminal/expected-error';

/** A failed run of the emitter. `name` is that of the emitter's own error, or `Crashed` if its process has ended. */
export class EmitterRunError extends ExpectedError {
  constructor(
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}
