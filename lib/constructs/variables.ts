import type * as lambda from 'aws-cdk-lib/aws-lambda';

/** Sets environment variables of a function, by the names that its own contract allows. */
export function addVariables<Contract extends Partial<Record<string, string>>>(
  fn: lambda.Function,
  variables: Contract,
): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) fn.addEnvironment(name, value);
  }
}
