import { describe, expect, test } from '@jest/globals';
import { maskAddress, maskAddresses, maskNumbers } from '../../lib/domain/mask-addresses.ts';

describe('masking for the log', () => {
  test.each([
    ['+15551234567', '+15***67'],
    ['tel:+15551234567', 'tel:+15***67'],
    ['sip:hana@pbx.example.com', 'sip:***@pbx.example.com'],
    ['sips:+15551234567;ext=105@pbx.example.com', 'sips:***;ext=105@pbx.example.com'],
  ])('keeps of %s only what tells addresses apart', (address, masked) => {
    expect(maskAddress(address)).toBe(masked);
  });

  test('masks numbers in running text and leaves short ones', () => {
    expect(maskNumbers('429 for +15551234567 after 4200 ms')).toBe(
      '429 for +15***67 after 4200 ms',
    );
  });

  test('masks an address wherever it occurs in an event', () => {
    const masked = maskAddresses({
      participant_ids: ['u-1', 'sip:hana@pbx.example.com'],
      error: 'Genesys Cloud rejected sip:hana@pbx.example.com.',
      latency_ms: 245,
      participants: [
        { id: 'u-1', role: 'agent' },
        { address: 'sip:hana@pbx.example.com', role: 'customer' },
      ],
    });
    expect(JSON.stringify(masked)).not.toContain('hana');
    expect(masked).toMatchObject({
      participant_ids: ['u-1', 'sip:***@pbx.example.com'],
      latency_ms: 245,
      participants: [{ id: 'u-1' }, { address: 'sip:***@pbx.example.com' }],
    });
  });
});
