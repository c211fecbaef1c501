import { expect, test } from '@jest/globals';
import { busiestWindow } from '../../bench/emulators/busiest-window.ts';

test('the busiest window is found wherever it begins', () => {
  expect(busiestWindow([0, 50, 90, 100, 110, 140, 300], 100)).toBe(5);
});

test('an event at the end of a window is not in it', () => {
  expect(busiestWindow([0, 100, 200], 100)).toBe(1);
});

test('there is no busy window without events', () => {
  expect(busiestWindow([], 100)).toBe(0);
});
