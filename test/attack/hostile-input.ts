import fc from 'fast-check';

/** Texts that have broken parsers, headers, logs or keys of objects. */
export const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '',
    ' ',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'a\u0000b',
    '\r\nX-Injected: 1',
    '\ud800',
    '\ufeff{}',
    '\u202emoc.elpmaxe',
    '../../etc/passwd',
    '%2e%2e%2f',
    '%',
    '%ff%fe',
    '~'.repeat(2_000),
    '/'.repeat(500),
    '9'.repeat(400),
    '-1',
    'NaN',
    '1e999',
    '0000-01-01T00:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    ['$', '{jndi:ldap://x}'].join(''),
    '<script>',
    "' OR 1=1 --",
  ),
);

export const hostileJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
  fc.constantFrom(null, true, 0, -1, 1e308, [], {}, [[]]),
);

/** An id as a path may carry one, mostly none. */
export const hostileId = fc.oneof(
  fc.uuid(),
  hostileText,
  fc.uuid().map((id) => id.toUpperCase()),
);

/** Objects with any of these fields, each right or wrong. */
export function sometimes<T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) {
  const wrong = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: hostileJson }),
    ]),
  );
  return fc.record(wrong, { requiredKeys: [] });
}

export const hostileParticipants = fc.oneof(
  fc.array(
    sometimes({
      id: hostileId,
      address: fc.oneof(
        hostileText,
        fc.constantFrom(
          '+15551234567',
          '+19005551234',
          '+870123456789',
          'sip:a@evil.example;maddr=10.0.0.1',
          'sip:a@b.example?Replaces=x',
          'sip:169.254.169.254',
          'sip:;;;',
          'sip:a@[::1]',
          'tel:+15551234567;ext=1',
        ),
        hostileText.map((text) => `sip:${text}`),
      ),
      role: fc.constantFrom('agent', 'customer', 'observer', 'supervisor', 'boss'),
    }),
    { maxLength: 25 },
  ),
  hostileJson,
);

/** A body of `POST /conversations/{id}/participants`, seldom a good one. */
export const hostileRequest = sometimes({
  participants: hostileParticipants,
  deadlineSeconds: fc.oneof(fc.integer({ min: -10, max: 100_000 }), fc.double()),
  dryRun: fc.boolean(),
  onlyIfReachable: fc.boolean(),
  actingUserId: hostileId,
});
