import type { Clock, Random } from '../../lib/domain/clock.ts';
import type { SendHttp } from '../../lib/http/send-http.ts';
import type { Settings } from './read-settings.ts';

/** The conversation and user to examine. */
export interface Wanted {
  conversationId?: string;
  userId?: string;
}

export interface ExamineDeps {
  settings: Settings;
  sendHttp: SendHttp;
  clock: Clock;
  random: Random;
  /** Called for every secret, so that none is printed. */
  onSecret: (secret: string) => void;
}
