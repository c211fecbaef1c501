import { describe, expect, test } from '@jest/globals';
import { CODES } from '../../lib/domain/codes.ts';

describe('the codes', () => {
  test('are all there that customers were promised', () => {
    expect(Object.keys(CODES)).toEqual(
      expect.arrayContaining([
        'CAPACITY_EXCEEDED',
        'CONVERSATION_NOT_FOUND',
        'CONVERSATION_ENDED',
        'UNKNOWN_USER',
        'INACTIVE_USER',
        'ROLE_NOT_SUPPORTED',
        'MEDIA_NOT_SUPPORTED',
        'NO_ACTING_USER',
        'FORBIDDEN',
        'INVALID_CREDENTIALS',
        'GENESYS_REJECTED',
        'RATE_LIMITED',
        'GENESYS_UNAVAILABLE',
        'DEADLINE_EXCEEDED',
        'INVALID_MESSAGE',
        'NOT_REACHABLE',
        'ACTING_USER_NOT_IN_CALL',
        'ADDRESS_NOT_ALLOWED',
        'OUTCOME_UNKNOWN',
        'REQUEST_ID_CONFLICT',
        'CANCELLED',
        'DOCUMENT_TOO_LARGE',
      ]),
    );
  });

  test.each(Object.entries(CODES))('have for %s a cause and a remedy to read', (code, entry) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(entry.cause).toMatch(/^[A-Z].*\.$/);
    expect(entry.remedy).toMatch(/^[A-Z].*\.$/);
  });
});
