import { randomUUID } from 'node:crypto';
import {
  FREE_USERS,
  GENERIC_CONVERSATION,
  OFFLINE_USER,
  PLATFORM_CONVERSATION,
  SAMPLE_USERS,
} from '../genesys/sample-organisation.ts';

/** One request of the demo, and how it has to end. */
export interface Story {
  title: string;
  /** `http`: a POST to the API. `queue`: a message straight to the request queue. */
  by: 'http' | 'queue';
  conversationId: string;
  correlationId: string;
  body: object;
  /** The API's response. */
  expectedStatus?: number;
  /** Pointers of the wrong fields, where the API refuses. */
  expectedPointers?: string[];
  expectedResult?: {
    status: string;
    /** By user id: outcome and warning as the result has them. */
    outcomes: Record<string, string>;
  };
}

const [first = '', second = '', third = ''] = FREE_USERS;
const correlationId = (name: string) => `demo-${name}-${randomUUID().slice(0, 8)}`;
const participants = (...ids: string[]) => ({ participants: ids.map((id) => ({ id })) });

/** Three users for each conversation (one already in, one offline), a bad request, a message. */
export function createStories(): Story[] {
  return [
    {
      title: 'three users for a call of the live platform',
      by: 'http',
      conversationId: PLATFORM_CONVERSATION,
      correlationId: correlationId('platform'),
      body: participants(SAMPLE_USERS.ada, OFFLINE_USER, first),
      expectedStatus: 202,
      expectedResult: {
        status: 'SUCCESS',
        outcomes: {
          [SAMPLE_USERS.ada]: 'already present',
          [OFFLINE_USER]: 'added (OFFLINE)',
          [first]: 'added',
        },
      },
    },
    {
      title: 'three users for a conversation of the generic endpoint',
      by: 'http',
      conversationId: GENERIC_CONVERSATION,
      correlationId: correlationId('generic'),
      body: participants(SAMPLE_USERS.ben, OFFLINE_USER, second),
      expectedStatus: 202,
      expectedResult: {
        status: 'SUCCESS',
        outcomes: {
          [SAMPLE_USERS.ben]: 'already present',
          [OFFLINE_USER]: 'added (OFFLINE)',
          [second]: 'added',
        },
      },
    },
    {
      title: 'a request with two wrong fields',
      by: 'http',
      conversationId: PLATFORM_CONVERSATION,
      correlationId: correlationId('wrong'),
      body: { participants: [{ id: 'unknown' }, { id: first, role: 'king' }] },
      expectedStatus: 422,
      expectedPointers: ['/participants/0/id', '/participants/1/role'],
    },
    {
      title: 'a message straight to the queue',
      by: 'queue',
      conversationId: PLATFORM_CONVERSATION,
      correlationId: correlationId('queue'),
      body: participants(third),
      expectedResult: { status: 'SUCCESS', outcomes: { [third]: 'added' } },
    },
  ];
}
