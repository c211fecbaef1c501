import { randomUUID } from 'node:crypto';
import { tooManyRequests } from '../local/genesys/faults.ts';
import type { RunningGenesys } from '../local/genesys/start-genesys.ts';
import { openConversation } from './events.ts';

/** Maximum ratio of the waits beside the flood to those without it. */
export interface Goals {
  median: number;
  maximum?: number;
}

/** A request for one free user. */
export interface Post {
  conversationId: string;
  deadlineSeconds: number;
}

/** Requests for one new conversation each. */
export interface OthersRequests {
  count: number;
  deadlineSeconds: number;
}

export interface Scene {
  what: string;
  /** Requests of one caller, posted before the others'. */
  flood: (genesys: RunningGenesys) => Post[];
  /** The others' requests. Default `OTHERS_REQUESTS`. */
  others?: OthersRequests;
  /** Default `GOALS`. */
  goals?: Goals;
  /** True: the flood would take long, so the row does not wait for it. */
  isLast?: boolean;
}

export const OTHERS_REQUESTS: OthersRequests = { count: 20, deadlineSeconds: 600 };
export const GOALS: Goals = { median: 2, maximum: 3 };

const times = <Item>(count: number, make: () => Item): Item[] =>
  Array.from({ length: count }, make);

/** The floods of one caller beside which the requests of another are measured. */
export const FLOOD_SCENES: readonly Scene[] = [
  {
    what: '500 requests for unknown conversations',
    flood: () => times(500, () => ({ conversationId: randomUUID(), deadlineSeconds: 120 })),
    others: { count: 5, deadlineSeconds: 120 },
  },
  {
    what: '4 conversations whose reads hang',
    flood: (genesys) =>
      times(4, () => openConversation(genesys.state.organisation, 'platform')).flatMap((id) => {
        genesys.state.faults.push({ method: 'GET', path: id, fault: { response: 'hang' } });
        return times(5, () => ({ conversationId: id, deadlineSeconds: 60 }));
      }),
  },
  {
    what: '2 conversations with 50 requests each',
    flood: (genesys) =>
      times(2, () => openConversation(genesys.state.organisation, 'platform')).flatMap((id) =>
        times(50, () => ({ conversationId: id, deadlineSeconds: 60 })),
      ),
  },
  {
    what: '100 requests of one conversation, all refused with 429',
    flood: (genesys) => {
      const id = openConversation(genesys.state.organisation, 'platform');
      genesys.state.faults.push({
        method: 'GET',
        path: id,
        fault: { response: tooManyRequests(3) },
      });
      return times(100, () => ({ conversationId: id, deadlineSeconds: 60 }));
    },
  },
  { ...backlogOf(2_000), what: '2,000 requests of 2,000 conversations', isLast: true },
];

/** A flood that is only many requests, each of which succeeds. */
export function backlogOf(count: number): Scene {
  return {
    what: `${count} requests of ${count} conversations`,
    flood: (genesys) =>
      times(count, () => openConversation(genesys.state.organisation, 'platform')).map(
        (conversationId) => ({ conversationId, deadlineSeconds: 3_600 }),
      ),
    goals: { median: 3 },
  };
}
