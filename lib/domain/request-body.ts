import * as z from 'zod/mini';
import { DEADLINE_SECONDS } from './deadline-seconds.ts';
import { nullAsAbsent, nullAsFalse } from './null-as-absent.ts';
import { participantList, strictParticipant } from './participant-schema.ts';
import { uuid } from './uuid.ts';

/** Identifies a participant. Ids, hosts and SIP schemes are compared without case. */
function identityOf(participant: unknown): { field: 'id' | 'address'; key: string } | undefined {
  const { id, address } = (participant ?? {}) as { id?: unknown; address?: unknown };
  if (typeof id === 'string') return { field: 'id', key: id.toLowerCase() };
  if (typeof address === 'string') return { field: 'address', key: address.toLowerCase() };
  return undefined;
}

/** Reports each position of a participant that is named more than once. */
const checkDuplicates = z.check<unknown[]>(
  (ctx) => {
    const pointers = new Map<string, { path: [number, string]; pointer: string }[]>();
    ctx.value.forEach((participant, index) => {
      const identity = identityOf(participant);
      if (!identity) return;
      const { field, key } = identity;
      const place = {
        path: [index, field] as [number, string],
        pointer: `/participants/${index}/${field}`,
      };
      pointers.set(key, [...(pointers.get(key) ?? []), place]);
    });
    for (const places of pointers.values()) {
      if (places.length < 2) continue;
      for (const { path, pointer } of places) {
        const others = places.map((place) => place.pointer).filter((other) => other !== pointer);
        ctx.issues.push({
          code: 'custom',
          input: ctx.value,
          path,
          message: `names the same participant as ${others.join(', ')}; name each participant once`,
        });
      }
    }
  },
  // Reported in addition to errors of the elements, if the value is a list.
  { when: ({ value }) => Array.isArray(value) },
);

const seconds = `must be a whole number of seconds from ${DEADLINE_SECONDS.min} to ${DEADLINE_SECONDS.max}`;

/** The body of `POST /conversations/{conversationId}/participants`. */
export const requestBody = z.strictObject(
  {
    participants: participantList(strictParticipant()).check(checkDuplicates),
    deadlineSeconds: z.pipe(
      z.nullish(
        z
          .int({ error: seconds })
          .check(
            z.minimum(DEADLINE_SECONDS.min, { error: seconds }),
            z.maximum(DEADLINE_SECONDS.max, { error: seconds }),
          ),
      ),
      z.transform((value) => value ?? DEADLINE_SECONDS.default),
    ),
    dryRun: nullAsFalse('must be true or false'),
    onlyIfReachable: nullAsFalse('must be true or false'),
    actingUserId: nullAsAbsent(uuid),
  },
  { error: 'must be a JSON object with participants' },
);

export type RequestBody = z.output<typeof requestBody>;
