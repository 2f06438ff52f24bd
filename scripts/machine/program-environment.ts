/**
 * The user's environment in a locale in which Java and Python can name every file.
 *
 * Under the locale "C", which is also that of a cron job or a container, Java cannot open a path that is not ASCII.
 * Where the system does not have this locale, it falls back to "C".
 */
export const inUtf8 = (environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...environment,
  LC_ALL: 'C.UTF-8',
});

/** Variables that would give a server other options, files or ports than it is started with. */
const SERVER_OPTIONS =
  /^(JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|(MYSQL|MARIADB)_\w+|UMASK|UMASK_DIR|TMPDIR)$/;

/** The environment of a server on this machine: the user's, without the options that they have set for servers of their own. */
export const serverEnvironment = (): NodeJS.ProcessEnv =>
  inUtf8(
    Object.fromEntries(Object.entries(process.env).filter(([variable]) => !SERVER_OPTIONS.test(variable))),
  );
