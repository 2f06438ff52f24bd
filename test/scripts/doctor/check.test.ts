import { type Check, diagnose, failed, ok, skipped, warning } from '../../../scripts/doctor/check';

const check = (name: string, finding: Awaited<ReturnType<Check['examine']>>, ...needs: string[]): Check => ({
  name,
  needs,
  examine: async () => finding,
});

test('tells of each check in its order, as soon as it is known', async () => {
  const told: string[] = [];

  await diagnose([check('one', ok('')), check('two', failed('', 'mend'))], ({ check: name }) =>
    told.push(name),
  );

  expect(told).toEqual(['one', 'two']);
});

test.each([
  ['failed', failed('broken', 'mend it')],
  ['was skipped', skipped('unknown')],
])('makes no check that needs one which %s, and says which', async (_, finding) => {
  const examine = jest.fn();

  const diagnoses = await diagnose([check('first', finding), { name: 'second', needs: ['first'], examine }]);

  expect(examine).not.toHaveBeenCalled();
  expect(diagnoses[1]).toEqual({ check: 'second', status: 'skipped', text: 'fix first: first' });
});

test('goes on after a warning', async () => {
  const diagnoses = await diagnose([
    check('first', warning('slow', 'wait')),
    check('second', ok('well'), 'first'),
  ]);

  expect(diagnoses[1]).toMatchObject({ status: 'ok' });
});

test('takes an error for what is wrong', async () => {
  const diagnoses = await diagnose([
    {
      name: 'one',
      examine: async () => {
        throw new Error('AWS cannot be reached.');
      },
    },
  ]);

  expect(diagnoses).toEqual([{ check: 'one', status: 'failed', text: 'AWS cannot be reached.' }]);
});
