// Servers of their own take some tests ten seconds to start; jest takes this setting in no project's configuration.
jest.setTimeout(60_000);
