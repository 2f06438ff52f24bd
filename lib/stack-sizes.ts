/**
 * Sizes that the stacks set and the bill counts. They are here, and not in the constructs, so that the bill can read
 * them without loading the CDK.
 */

/** Memory, in MB, at which Lambda gives a function one full core. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export const MB_PER_CORE = 1769;

/** EC2 instance type of the Kafka client. Its 2 GB are the minimum for the server of VS Code Remote-SSH. */
export const CLIENT_INSTANCE_TYPE = 't4g.small';

/** Disk of the Kafka client, in GiB. */
export const CLIENT_DISK_GIB = 16;

/** EC2 instance type behind the provisioned database; RDS puts `db.` in front of it. */
export const DATABASE_INSTANCE_TYPE = 't4g.micro';

/** Storage of the provisioned database, in GiB; the minimum of RDS for gp3. */
export const DATABASE_STORAGE_GIB = 20;
