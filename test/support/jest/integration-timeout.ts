// Servers of their own take some tests ten seconds to start, and several times that on a busy machine; jest takes this setting in no project's configuration.
jest.setTimeout(120_000);
