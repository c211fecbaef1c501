import type { OutgoingMessage } from '../../lib/aws/send-message.ts';
import type { Letter } from './read-letter.ts';

/** What a redrive does with a dead letter. `why` is a clause for the operator. */
export type PreparedLetter =
  | { kind: 'send'; message: OutgoingMessage; why?: string }
  /** It stays in the dead-letter queue. */
  | { kind: 'leave'; why: string }
  /** It is deleted, because there is nothing left to do. */
  | { kind: 'remove'; why: string };

/** Prepares the redrive of one letter. Safe to repeat. @throws the SDK's errors */
export type PrepareLetter = (letter: Letter) => Promise<PreparedLetter>;
