import type { Failure } from '../../lib/domain/add-flow/state.ts';

/** Genesys Cloud does not know the conversation. */
export const NOT_FOUND_FAILURE: Failure = {
  code: 'CONVERSATION_NOT_FOUND',
  detail: 'not found',
  disposition: 'reject',
  lookAgain: false,
  blamed: [],
  notActive: false,
  outOfTime: false,
  notSent: false,
};
