import { describe, expect, test } from '@jest/globals';
import { createNotFoundMemory } from '../../lib/carry-out/not-found-memory.ts';
import type { Failure } from '../../lib/domain/add-flow/state.ts';

const FAILURE: Failure = {
  code: 'CONVERSATION_NOT_FOUND',
  detail: 'not found',
  disposition: 'reject',
  lookAgain: false,
  blamed: [],
  notActive: false,
  outOfTime: false,
  notSent: false,
};

function setUp() {
  const time = { nowMs: 1_000 };
  return { time, memory: createNotFoundMemory({ now: () => time.nowMs }) };
}

describe('conversations that were not found', () => {
  test('are recalled until just before the next look, and no others are', () => {
    const { time, memory } = setUp();
    memory.remember('a', FAILURE);
    time.nowMs += 2_499;
    expect(memory.recall('a')).toBe(FAILURE);
    expect(memory.recall('b')).toBeUndefined();
    time.nowMs += 1;
    expect(memory.recall('a')).toBeUndefined();
  });

  test('make the instance wary for half a minute', () => {
    const { time, memory } = setUp();
    expect(memory.hasSeenOne()).toBe(false);
    memory.remember('a', FAILURE);
    time.nowMs += 29_999;
    expect(memory.hasSeenOne()).toBe(true);
    time.nowMs += 1;
    expect(memory.hasSeenOne()).toBe(false);
  });

  test('are forgotten, the oldest first, beyond a thousand', () => {
    const { memory } = setUp();
    for (let count = 0; count <= 1_000; count += 1) memory.remember(`id ${count}`, FAILURE);
    expect(memory.recall('id 0')).toBeUndefined();
    expect(memory.recall('id 1')).toBe(FAILURE);
    expect(memory.recall('id 1000')).toBe(FAILURE);
  });
});
