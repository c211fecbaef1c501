import type { RingOutcome } from '../genesys/behaviour.ts';
import type { GenesysEvent, GenesysState } from '../genesys/create-genesys.ts';
import { type FaultRule, gatewayPage, tooManyRequests } from '../genesys/faults.ts';

/** What people do whose telephone rings. */
export const PICK_UPS = ['answer', 'decline', 'ignore', 'voicemail'] as const;
export type PickUp = (typeof PICK_UPS)[number];

/** How the stand-in Genesys Cloud behaves. */
export const TROUBLES = ['none', 'busy', 'outage', 'slow', 'lost-response'] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface Switches {
  pickUp: PickUp;
  trouble: Trouble;
}

export interface StandInSwitches {
  readonly current: Readonly<Switches>;
  set(wanted: Partial<Switches>): void;
  hearGenesys(event: GenesysEvent): void;
}

const SLOW_MS = 3_000;
const RETRY_AFTER_SECONDS = 5;

const RING_OUTCOMES: Record<PickUp, RingOutcome> = {
  answer: 'answers',
  decline: 'declines',
  ignore: 'no-answer',
  voicemail: 'voicemail',
};

const RULES: Record<Trouble, FaultRule[]> = {
  none: [],
  busy: [{ path: '/api/v2/', fault: { response: tooManyRequests(RETRY_AFTER_SECONDS) } }],
  outage: [{ fault: { response: gatewayPage(503) } }],
  slow: [{ path: '/api/v2/', fault: { waitMs: SLOW_MS } }],
  // The people are rung, and the adder gets no response.
  'lost-response': [
    { method: 'POST', path: '/participants', fault: { carriedOut: true, response: 'reset' } },
  ],
};

/** The console's switches for the stand-in: what goes wrong, and what people do. */
export function createStandInSwitches(state: () => GenesysState | undefined): StandInSwitches {
  const current: Switches = { pickUp: 'answer', trouble: 'none' };
  let ownRules: FaultRule[] = [];

  function set(wanted: Partial<Switches>): void {
    Object.assign(current, wanted);
    const genesys = state();
    if (!genesys) return;
    genesys.behaviour.ringOutcome = RING_OUTCOMES[current.pickUp];
    const { faults } = genesys;
    if (wanted.trouble === undefined) return;
    const others = faults.filter((rule) => !ownRules.includes(rule));
    ownRules = RULES[wanted.trouble].map((rule) => ({ ...rule }));
    faults.splice(0, faults.length, ...ownRules, ...others);
  }

  return {
    current,
    set,
    hearGenesys(event) {
      if (event.kind !== 'response') return;
      // One lost response is enough to show what follows.
      const isLostAdd = event.call.method === 'POST' && event.call.delivery === 'reset';
      if (isLostAdd && current.trouble === 'lost-response') set({ trouble: 'none' });
    },
  };
}
