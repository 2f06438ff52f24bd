/**
 * Returns the user's environment with a UTF-8 locale, so that Java and Python can open every file.
 *
 * Under the locale "C", which cron jobs and containers have, Java cannot open a path that is not ASCII. A system without
 * this locale falls back to "C".
 */
export const inUtf8 = (environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...environment,
  LC_ALL: 'C.UTF-8',
});

/** Variables that would override a server's options, files or ports. */
const SERVER_OPTIONS =
  /^(JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|(MYSQL|MARIADB)_\w+|UMASK|UMASK_DIR|TMPDIR)$/;

/** Returns the environment of a server on this machine: the user's, without options that they set for servers of their own. */
export const serverEnvironment = (): NodeJS.ProcessEnv =>
  inUtf8(
    Object.fromEntries(Object.entries(process.env).filter(([variable]) => !SERVER_OPTIONS.test(variable))),
  );
