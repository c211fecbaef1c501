import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { maskText } from '../../lib/domain/mask-text.ts';
import { createLogger } from '../../lib/logger.ts';

describe('masking a text', () => {
  test.each([
    ['a number', 'rang +15551234567 twice', 'rang +15***67 twice'],
    ['a number in a URL', '/users/%2B15551234567', '/users/+15***67'],
    ['a tel: address', 'tel:+1-555-123-4567 is busy', 'tel:+15***67 is busy'],
    ['a local tel: address', 'tel:5551234567', 'tel:55***67'],
    ['a SIP address', '"sip:bob@sip.example.com" failed', '"sip:***@sip.example.com" failed'],
    ['a SIP number', 'sips:+15551234567;ext=105@pbx.example', 'sips:***@pbx.example'],
    [
      'SIP parameters',
      'sip:bob@b.example;maddr=10.0.0.1?Subject=+15551234567',
      'sip:***@b.example',
    ],
    ['a SIP address without a user', 'sip:+15551234567', 'sip:***'],
  ])('masks %s', (_, text, masked) => {
    expect(maskText(text)).toBe(masked);
  });

  test.each([
    '2026-11-26T15:10:00.000+01:00',
    'b0a7ca11-0000-4000-8000-000000000001',
    'expires at 1795361380000',
    'arn:aws:iam::123456789012:role/caller',
    'siphon: 1 + 2',
  ])('leaves %s as it is', (text) => {
    expect(maskText(text)).toBe(text);
  });

  test('leaves no number whatever stands around it, and is the same when applied twice', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.bigInt({ min: 10n ** 8n, max: 10n ** 14n - 1n }),
        fc.string(),
        (before, digits, after) => {
          const masked = maskText(`${before} +${digits} ${after}`);
          expect(masked).not.toContain(String(digits));
          expect(maskText(masked)).toBe(masked);
        },
      ),
    );
  });
});

test('a log line has every address masked: in the message, in fields, and in errors with their causes', () => {
  const lines: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      lines.push(String(chunk));
      return true;
    }),
  );
  try {
    const log = createLogger('test');
    const cause = new Error('sip:bob@b.example is not routable');
    log.info('called +15551234567', { event: { participants: [{ address: '+15551234567' }] } });
    log.error('failed', { error: new Error('no route to tel:+15551234567', { cause }) });
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  expect(lines).toHaveLength(2);
  expect(lines.join('\n')).not.toMatch(/15551234567|bob@/);
  expect(lines[0]).toContain('called +15***67');
});
