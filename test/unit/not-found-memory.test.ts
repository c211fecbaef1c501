import { describe, expect, test } from '@jest/globals';
import { createNotFoundMemory } from '../../lib/carry-out/not-found-memory.ts';
import { NOT_FOUND_FAILURE } from '../support/not-found-failure.ts';

function setUp() {
  const time = { nowMs: 1_000 };
  return { time, memory: createNotFoundMemory({ now: () => time.nowMs }) };
}

describe('conversations that were not found', () => {
  test('are recalled until just before the next look, and no others are', () => {
    const { time, memory } = setUp();
    memory.remember('a', NOT_FOUND_FAILURE);
    time.nowMs += 2_499;
    expect(memory.recall('a')).toBe(NOT_FOUND_FAILURE);
    expect(memory.recall('b')).toBeUndefined();
    time.nowMs += 1;
    expect(memory.recall('a')).toBeUndefined();
  });

  test('make the instance wary for half a minute', () => {
    const { time, memory } = setUp();
    expect(memory.hasSeenOne()).toBe(false);
    memory.remember('a', NOT_FOUND_FAILURE);
    time.nowMs += 29_999;
    expect(memory.hasSeenOne()).toBe(true);
    time.nowMs += 1;
    expect(memory.hasSeenOne()).toBe(false);
  });

  test('are forgotten, the oldest first, beyond a thousand', () => {
    const { memory } = setUp();
    for (let count = 0; count <= 1_000; count += 1)
      memory.remember(`id ${count}`, NOT_FOUND_FAILURE);
    expect(memory.recall('id 0')).toBeUndefined();
    expect(memory.recall('id 1')).toBe(NOT_FOUND_FAILURE);
    expect(memory.recall('id 1000')).toBe(NOT_FOUND_FAILURE);
  });
});
