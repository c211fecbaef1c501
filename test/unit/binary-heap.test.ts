import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createBinaryHeap } from '../../bench/binary-heap.ts';

test('a heap gives out its items in order, whatever the order in which they came and went', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: undefined })), (steps) => {
      const heap = createBinaryHeap<number>((one, other) => one < other);
      let expected: number[] = [];
      // A number is pushed; without one, the smallest is taken.
      for (const step of steps) {
        if (step !== undefined) {
          heap.push(step);
          expected = [...expected, step].sort((one, other) => one - other);
        } else {
          expect(heap.peek()).toBe(expected[0]);
          expect(heap.pop()).toBe(expected.shift());
        }
      }
      const rest = expected.map(() => heap.pop());
      expect([rest, heap.pop()]).toEqual([expected, undefined]);
    }),
  );
});
