// A test beside others on a busy machine takes several times longer than alone, and one that starts servers of its own takes ten seconds even then; jest takes this setting in no project's configuration.
jest.setTimeout(120_000);
