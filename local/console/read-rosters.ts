import type { GenesysState } from '../genesys/create-genesys.ts';
import { isLive, isRinging, type Participation, whoIs } from '../genesys/organisation.ts';
import { SAMPLE_USERS } from '../genesys/sample-organisation.ts';
import { nameOf } from '../story/name-of.ts';

export type Presence = 'in' | 'ringing' | 'monitoring' | 'left';

export interface Roster {
  conversationId: string;
  name: string;
  people: {
    who: string;
    name: string;
    purpose: string;
    presence: Presence;
    /** Times this person was rung for this conversation. */
    rings: number;
  }[];
}

export interface Person {
  id: string;
  name: string;
  /** What makes this one different: `offline`, `inactive`, … */
  note: string;
}

/** Who is in which conversation of the stand-in, and who has left. */
export function readRosters({ organisation }: GenesysState, nowMs: number): Roster[] {
  return [...organisation.conversations.values()].map(({ id, participations }) => {
    // One line a person, the newest stay: who left and came back is in.
    const newest = new Map<string, Participation>();
    for (const stay of participations) newest.set(whoIs(stay), stay);
    return {
      conversationId: id,
      name: nameOf(id),
      people: [...newest].map(([who, stay]) => ({
        who,
        name: stay.userId === undefined ? (stay.name ?? nameOf(who)) : nameOf(who),
        purpose: stay.role ?? stay.purpose,
        presence: presenceOf(stay, nowMs),
        rings: organisation.ringsOf(id, who),
      })),
    };
  });
}

function presenceOf(stay: Participation, nowMs: number): Presence {
  if (!isLive(stay, nowMs)) return 'left';
  if (isRinging(stay, nowMs)) return 'ringing';
  const { mediaRoles = [] } = stay;
  return mediaRoles.includes('monitor') || mediaRoles.includes('coach') ? 'monitoring' : 'in';
}

/** The users of the stand-in, for the form. */
export function readPeople({ organisation }: GenesysState): Person[] {
  const names = new Map(Object.entries(SAMPLE_USERS).map(([name, id]) => [id as string, name]));
  return [...organisation.users.values()].map(({ id, name, state, presence }) => ({
    id,
    name: names.get(id) ?? name,
    note:
      state === 'active'
        ? presence === undefined
          ? 'presence unknown'
          : presence === 'Available'
            ? ''
            : presence.toLowerCase()
        : state,
  }));
}
