import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deriveRequestId } from '../../functions/intake/request-identity.ts';

const CONVERSATION = 'b0a7ca11-0000-4000-8000-000000000001';
const ADA = 'a9e7c000-0000-4000-8000-000000000001';
const identity = {
  caller: ['iam', 'arn:aws:iam::123456789012:user/ann'],
  conversationId: CONVERSATION,
  idempotencyKey: 'case-4711',
  body: { participants: [{ id: ADA, role: 'agent' as const }], deadlineSeconds: 600 },
};

describe('a derived request id', () => {
  // Computed by other means too: SHA-256 over the JSON arrays in Python.
  test('is the same today as in every release, or a repeat over a deployment is a new request', () => {
    expect(deriveRequestId(identity)).toBe('eeb4756c-5dd8-8326-8e05-70e5d37fad39');
  });

  test('is a UUID of version 8 and fits as a deduplication id', () => {
    fc.assert(
      fc.property(fc.string(), (idempotencyKey) => {
        expect(deriveRequestId({ ...identity, idempotencyKey })).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });

  test('differs where anything differs, wherever one part ends and the next begins', () => {
    const part = fc.string({ maxLength: 4 });
    const any = fc.record({
      caller: fc.array(part, { maxLength: 3 }),
      conversationId: part,
      idempotencyKey: part,
      body: fc.record({
        participants: fc.array(
          fc.oneof(
            fc.record({ id: part, role: fc.constantFrom('agent' as const, 'customer' as const) }),
            fc.record({ address: part, role: fc.constant('customer' as const) }),
          ),
          { maxLength: 2 },
        ),
        deadlineSeconds: fc.integer({ min: 5, max: 7 }),
      }),
    });
    fc.assert(
      fc.property(any, any, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(deriveRequestId(one) === deriveRequestId(other)).toBe(same);
      }),
      { numRuns: 1_000 },
    );
  });

  test('does not mistake a user for an address of the same letters', () => {
    const participants = (field: 'id' | 'address') => [{ [field]: 'x', role: 'customer' as const }];
    const of = (field: 'id' | 'address') =>
      deriveRequestId({
        ...identity,
        body: { ...identity.body, participants: participants(field) },
      });
    expect(of('id')).not.toBe(of('address'));
  });
});
