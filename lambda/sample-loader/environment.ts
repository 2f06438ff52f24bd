import * as z from 'zod';
import { databaseTlsSchema } from '../shared/trusted-certificates';

const environmentSchema = z.object({
  /** ARN of the secret with the credentials of the master user, who creates the tables. */
  OWNER_SECRET_ARN: z.string().min(1),
  /** ARN of the secret with the credentials of the emitter's account, which the loader creates. */
  READER_SECRET_ARN: z.string().min(1),
  /** `off`, `rds` or the path of a file, see `DatabaseTls`. @default 'rds' */
  DATABASE_TLS: databaseTlsSchema.default('rds'),
});

/** The variables that configure the sample loader, by name. */
export type SampleLoaderVariables = Pick<
  z.input<typeof environmentSchema>,
  'OWNER_SECRET_ARN' | 'READER_SECRET_ARN'
>;

/**
 * Reads the sample loader's configuration out of environment variables.
 *
 * @throws ZodError naming the variable that is missing or wrong.
 */
export const parseEnvironment = (
  variables: Readonly<Record<string, string | undefined>>,
): z.output<typeof environmentSchema> => environmentSchema.parse(variables);
