import * as z from 'zod/mini';
import {
  MAX_PARTICIPANTS_PER_REQUEST,
  type RequestedParticipant,
  strictParticipant,
} from './participant.ts';

export const DEADLINE_SECONDS = { min: 5, default: 600, max: 86_400 } as const;

/** Reports each position of a participant that is named more than once (contract 2). */
function checkDuplicates(ctx: z.core.ParsePayload<RequestedParticipant[]>): void {
  const positions = new Map<string, number[]>();
  ctx.value.forEach(({ id, address }, index) => {
    const key = id ?? address;
    if (key !== undefined) positions.set(key, [...(positions.get(key) ?? []), index]);
  });
  for (const indexes of positions.values()) {
    if (indexes.length < 2) continue;
    for (const index of indexes) {
      const field = ctx.value[index]?.id === undefined ? 'address' : 'id';
      const others = indexes.filter((other) => other !== index);
      ctx.issues.push({
        code: 'custom',
        input: ctx.value,
        path: [index, field],
        message: `names the same participant as ${others
          .map((other) => `/participants/${other}/${field}`)
          .join(', ')}; name everybody once`,
      });
    }
  }
}

/** Its length is checked before its elements are, so that 10,000 of them give one error. */
export const participantList = z
  .array(z.unknown(), { error: 'must be an array of participants' })
  .check(
    z.minLength(1, { error: 'must name at least one participant' }),
    z.maxLength(MAX_PARTICIPANTS_PER_REQUEST, {
      error: `must name at most ${MAX_PARTICIPANTS_PER_REQUEST} participants`,
    }),
  );

const seconds = `must be a whole number of seconds from ${DEADLINE_SECONDS.min} to ${DEADLINE_SECONDS.max}`;

/** The body of `POST /conversations/{conversationId}/participants` (contract 2). */
export const requestBody = z.strictObject(
  {
    participants: z.pipe(participantList, z.array(strictParticipant).check(checkDuplicates)),
    deadlineSeconds: z._default(
      z
        .int({ error: seconds })
        .check(
          z.minimum(DEADLINE_SECONDS.min, { error: seconds }),
          z.maximum(DEADLINE_SECONDS.max, { error: seconds }),
        ),
      DEADLINE_SECONDS.default,
    ),
  },
  { error: 'must be a JSON object with participants' },
);

export type RequestBody = z.output<typeof requestBody>;
