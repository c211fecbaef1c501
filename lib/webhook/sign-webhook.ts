import { createHmac, sign } from 'node:crypto';
import type { SigningKey } from './signing-keys.ts';

export interface SignedContent {
  /** `webhook-id`; must not contain a full stop, or id and timestamp could be shifted. */
  id: string;
  /** `webhook-timestamp`. */
  timestampSeconds: number;
  /** The very bytes that are sent, as text. */
  body: string;
}

/**
 * The value of `webhook-signature`: one signature for each key, separated by spaces, so that a
 * receiver that knows any one of them can verify (Standard Webhooks 1.0.0, "Signature scheme").
 */
export function signWebhook(content: SignedContent, keys: readonly SigningKey[]): string {
  const signed = Buffer.from(`${content.id}.${content.timestampSeconds}.${content.body}`, 'utf8');
  return keys
    .map((key) => {
      const signature =
        key.scheme === 'v1'
          ? createHmac('sha256', key.secret).update(signed).digest()
          : // ed25519 includes its hash, so a digest must not be given here.
            sign(null, signed, key.privateKey);
      return `${key.scheme},${signature.toString('base64')}`;
    })
    .join(' ');
}
