import { checkCounts, streamTopics } from '../../../scripts/bench/bench-topics';

test('topics that hold every row are counted', () => {
  expect(() => checkCounts(new Map(streamTopics('ada').map((topic) => [topic, 5])), 5)).not.toThrow();
});

test.each([4, 6, 0])('topics that hold %d of 5 are not, and are named', (count) => {
  const counts = new Map([
    ['ada.pin', 5],
    ['ada.geo', count],
  ]);

  expect(() => checkCounts(counts, 5)).toThrow(
    `${count} records in ada.geo instead of 5: nothing is measured by this.`,
  );
});
