/** An error as the AWS SDK throws it. */
export const awsAnswer = (code: string, message = code): Error =>
  Object.assign(new Error(message), { name: code });
