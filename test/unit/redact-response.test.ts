import { expect, test } from '@jest/globals';
import { createRedactor, REDACTED } from '../../lib/domain/redact.ts';
import { redactResponse } from '../../lib/genesys/api/redact-response.ts';
import { toGenesysError } from '../../lib/genesys/api/to-genesys-error.ts';

const SECRET = 'a-token-of-some-length-that-is-echoed';

// Bug: a text of more than 64 KiB was not searched for escaped secrets until it had been cut for the error,
// and the cut left a part that was not recognised. Fix: it is searched before it is cut.
test.each([
  ['a URL', '%'],
  ['JSON', '\\u00'],
])('a long message leaves no part of a secret that is escaped for %s', (_, prefix) => {
  const redactor = createRedactor();
  redactor.addSecret(SECRET);
  const echoed = Buffer.from(SECRET).toString('hex').replace(/../g, `${prefix}$&`);
  const message = `${'x'.repeat(450)} ${echoed} ${'and more '.repeat(10_000)}`;
  const response = {
    status: 400,
    headers: {},
    body: JSON.stringify({ code: 'bad', message }),
    truncated: false,
  };
  const error = toGenesysError('add', redactResponse(response, redactor), 0);
  expect(error.message).toContain(`x ${REDACTED} and`);
});
