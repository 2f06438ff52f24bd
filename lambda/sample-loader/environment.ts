import { z } from 'zod';

const environmentSchema = z.object({
  /** ARN of the secret with the login of the account that makes the tables. */
  OWNER_SECRET_ARN: z.string().min(1),
  /** ARN of the secret with the login of the account that may read them, and that the loader creates. */
  READER_SECRET_ARN: z.string().min(1),
});

/** The variables that configure the sample loader, by name. */
export type SampleLoaderVariables = z.input<typeof environmentSchema>;

/**
 * Reads the sample loader's configuration out of environment variables.
 *
 * @throws ZodError naming the variable that is missing.
 */
export const parseEnvironment = (
  variables: Readonly<Record<string, string | undefined>>,
): SampleLoaderVariables => environmentSchema.parse(variables);
