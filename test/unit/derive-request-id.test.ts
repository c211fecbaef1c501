import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deriveRequestId } from '../../functions/intake/derive-request-id.ts';

const CALLER = ['iam', 'arn:aws:iam::123456789012:user/ann'];

describe('a derived request id', () => {
  // Computed by other means too: SHA-256 over the JSON arrays in Python.
  test('is the same in every release, so that a repeat across a deployment is recognised', () => {
    expect(deriveRequestId(CALLER, 'case-4711')).toBe('cedf8b33-2e0e-839b-b48c-a01c47050ce4');
  });

  test('is a UUID of version 8 and fits as a deduplication id', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        expect(deriveRequestId(CALLER, key)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });

  test('differs where caller or key differ, wherever one part ends and the next begins', () => {
    const part = fc.string({ maxLength: 4 });
    const any = fc.tuple(fc.array(part, { maxLength: 3 }), part);
    fc.assert(
      fc.property(any, any, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(deriveRequestId(...one) === deriveRequestId(...other)).toBe(same);
      }),
      { numRuns: 1_000 },
    );
  });
});
