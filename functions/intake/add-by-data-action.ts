import * as z from 'zod/mini';
import type { HandleDataAction } from '../../lib/api/or-data-action.ts';
import { toWait } from '../../lib/api/to-wait.ts';
import {
  DATA_ACTION_CALLER,
  invalidInput,
  toDataActionResult,
} from '../../lib/domain/data-action-result.ts';
import { type FieldError, toFieldErrors } from '../../lib/domain/field-error.ts';
import { flatFlag, flatList, flatNumber, flatText } from '../../lib/domain/flat-input.ts';
import { toWaitSeconds } from '../../lib/domain/prefer-wait.ts';
import { correlationId, idempotencyKey } from '../../lib/domain/request-headers.ts';
import type { AcceptRequest } from './accept-request.ts';
import { deriveRequestId } from './derive-request-id.ts';
import type { CheckRequest } from './read-request.ts';

/** The flat input of the data action "add participants": Architect does not support lists or objects. */
const flatRequest = z.strictObject({
  conversationId: flatText,
  /** Separated by commas, like `addresses`. */
  userIds: flatList,
  addresses: flatList,
  deadlineSeconds: flatNumber,
  idempotencyKey: flatText,
  correlationId: flatText,
  waitSeconds: flatNumber,
  dryRun: flatFlag,
  onlyIfReachable: flatFlag,
  actingUserId: flatText,
});

/** Handles the data action "add participants". */
export function createAddByDataAction(deps: {
  checkRequest: CheckRequest;
  acceptRequest: AcceptRequest;
  randomUuid: () => string;
}): HandleDataAction {
  return async (event, context) => {
    const { idempotencyKey: key, correlationId: given, waitSeconds, ...request } = read(event);
    const requestId =
      key === undefined ? deps.randomUuid() : deriveRequestId(DATA_ACTION_CALLER.identity, key);
    const { record } = await deps.acceptRequest({
      ...request,
      requestId,
      caller: DATA_ACTION_CALLER,
      correlationId: given ?? requestId,
      wait: waitSeconds === undefined ? undefined : toWait(waitSeconds, context),
    });
    return toDataActionResult(record);
  };

  function read(event: unknown) {
    const parsed = flatRequest.safeParse(event);
    if (!parsed.success) throw invalidInput(toFieldErrors(parsed.error.issues));
    const flat = parsed.data;
    const participants = [
      ...flat.userIds.map((id) => ({ id })),
      ...flat.addresses.map((address) => ({ address })),
    ];
    const { deadlineSeconds, dryRun, onlyIfReachable, actingUserId, conversationId } = flat;
    const body = { participants, deadlineSeconds, dryRun, onlyIfReachable, actingUserId };
    const checked = deps.checkRequest(conversationId, body);
    const errors = [
      ...(checked.ok ? [] : checked.errors.map((error) => toFlatPlace(error, flat.userIds.length))),
      ...labelErrors('/idempotencyKey', idempotencyKey, flat.idempotencyKey),
      ...labelErrors('/correlationId', correlationId, flat.correlationId),
    ];
    if (!checked.ok || errors.length > 0) throw invalidInput(errors);
    return {
      conversationId: checked.conversationId,
      body: checked.body,
      idempotencyKey: flat.idempotencyKey,
      correlationId: flat.correlationId,
      waitSeconds: toWaitSeconds(Math.floor(flat.waitSeconds ?? 0)),
    };
  }
}

function labelErrors(pointer: string, schema: z.ZodMiniType, value: unknown): FieldError[] {
  const parsed = value === undefined ? undefined : schema.safeParse(value);
  return parsed?.error?.issues.map(({ message }) => ({ pointer, detail: message })) ?? [];
}

/** Maps a place in the body to the place in the flat input. */
function toFlatPlace({ pointer, detail }: FieldError, users: number): FieldError {
  const position = /^\/participants(?:\/(\d+))?/.exec(pointer);
  if (!position) return { pointer, detail };
  if (position[1] === undefined) return { pointer: '/userIds', detail: `and addresses ${detail}` };
  const index = Number(position[1]);
  return index < users
    ? { pointer: `/userIds (entry ${index + 1})`, detail }
    : { pointer: `/addresses (entry ${index - users + 1})`, detail };
}
