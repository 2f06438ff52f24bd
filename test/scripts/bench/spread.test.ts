import { spreadOf } from '../../../scripts/bench/spread';

test.each([
  [[7], { median: 7, least: 7, most: 7 }],
  [[9, 1, 5], { median: 5, least: 1, most: 9 }],
  [[4, 1, 2, 100], { median: 3, least: 1, most: 100 }],
])('of %j', (values, spread) => {
  expect(spreadOf(values)).toEqual(spread);
});

test('is not disturbed by numbers that sort differently as texts', () => {
  expect(spreadOf([100, 20, 3]).median).toBe(20);
});

test('of nothing there is none', () => {
  expect(() => spreadOf([])).toThrow('nothing to take the median of');
});
