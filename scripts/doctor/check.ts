/** Result of a check. */
export interface Finding {
  /** `warning`: works for now, or is not needed by everybody; `skipped`: cannot be known, and the text says why. */
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly text: string;
  /** Exact fix, mostly a command. */
  readonly fix?: string;
}

/** One way to be stuck, and how to see whether one is. */
export interface Check {
  readonly name: string;
  /** Names of earlier checks without which this one cannot be made. @default none */
  readonly needs?: readonly string[];
  /** May throw an error whose message says what is wrong. */
  readonly examine: () => Promise<Finding>;
}

/** A finding, and what it is about. */
export interface Diagnosis extends Finding {
  readonly check: string;
}

/** The finding where all is well. */
export const ok = (text: string): Finding => ({ status: 'ok', text });

/** The finding of something that works for now, or that not everybody needs. */
export const warning = (text: string, fix: string): Finding => ({ status: 'warning', text, fix });

/** The finding of something that is broken. */
export const failed = (text: string, fix: string): Finding => ({ status: 'failed', text, fix });

/** The finding where nothing can be known. */
export const skipped = (why: string): Finding => ({ status: 'skipped', text: why });

/**
 * Makes the checks one after the other, each when those that it needs have not failed.
 *
 * @param onDiagnosis told of each as soon as it is known
 */
export async function diagnose(
  checks: readonly Check[],
  onDiagnosis: (diagnosis: Diagnosis) => void = () => {},
): Promise<Diagnosis[]> {
  const diagnoses: Diagnosis[] = [];
  for (const { name, needs = [], examine } of checks) {
    const missing = diagnoses.find(
      ({ check, status }) => needs.includes(check) && (status === 'failed' || status === 'skipped'),
    );
    const finding = missing ? skipped(`fix first: ${missing.check}`) : await examination(examine);
    const diagnosis = { check: name, ...finding };
    diagnoses.push(diagnosis);
    onDiagnosis(diagnosis);
  }
  return diagnoses;
}

async function examination(examine: Check['examine']): Promise<Finding> {
  try {
    return await examine();
  } catch (error) {
    return { status: 'failed', text: (error as Error).message };
  }
}
