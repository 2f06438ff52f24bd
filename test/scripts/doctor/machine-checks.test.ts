import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { diagnose } from '../../../scripts/doctor/check';
import { machineChecks } from '../../../scripts/doctor/machine-checks';

test('finds all that this project needs on the machine that tests it', async () => {
  const diagnoses = await diagnose(machineChecks());

  expect(diagnoses.map(({ check, status }) => [check, status])).toEqual([
    ['Java', 'ok'],
    ['Node', 'ok'],
    ['CDK CLI', 'ok'],
    // Not needed for the tests: those that use them are left out where they are missing.
    ['Python', expect.stringMatching(/^(ok|warning)$/)],
    ['SSH', expect.stringMatching(/^(ok|warning)$/)],
  ]);
});

test('says what installs a program that is missing or too old', async () => {
  const bin = mkdtempSync(path.join(tmpdir(), 'doctor-'));
  writeFileSync(path.join(bin, 'java'), '#!/bin/sh\necho \'openjdk version "11.0.2"\' >&2\n', {
    mode: 0o755,
  });
  symlinkSync('/bin/sh', path.join(bin, 'sh'));
  const before = process.env['PATH'];
  process.env['PATH'] = bin;
  try {
    const diagnoses = await diagnose(machineChecks());

    expect(diagnoses).toMatchObject([
      {
        check: 'Java',
        status: 'failed',
        text: expect.stringContaining('17 or newer is needed, and 11.0 was found'),
      },
      { check: 'Node', status: 'ok' },
      { check: 'CDK CLI', status: 'ok' },
      {
        check: 'Python',
        status: 'warning',
        text: expect.stringContaining(
          'The emulator of AWS (npm run deploy:local) needs Python >= 3.10 with venv',
        ),
        fix: expect.stringContaining('python3-venv'),
      },
      { check: 'SSH', status: 'warning', fix: expect.stringContaining('openssh-client') },
    ]);
  } finally {
    process.env['PATH'] = before;
    rmSync(bin, { recursive: true });
  }
});
