import type { Models } from 'purecloud-platform-client-v2';
import type { AddToCallBody } from '../../lib/genesys/conversation/add-to-call.ts';

/**
 * Our request bodies against the vendor's types. Nothing here runs: a field that the vendor does
 * not know, or knows with another type, breaks `npm run typecheck`.
 */

/** `Ours`, with `never` for every field that `Theirs` does not have. */
type KnownTo<Theirs, Ours> = Ours extends readonly (infer OurItem)[]
  ? Theirs extends readonly (infer TheirItem)[]
    ? KnownTo<TheirItem, OurItem>[]
    : never
  : Ours extends object
    ? {
        [Name in keyof Ours]: Name extends keyof Theirs
          ? KnownTo<NonNullable<Theirs[Name]>, Ours[Name]>
          : never;
      }
    : Ours extends Theirs
      ? Ours
      : never;

/**
 * The platform's add. The vendor's type also requires `startTime`, which the platform sets itself:
 * public code leaves it out of this call.
 */
export const addToCallIsKnown = (
  body: AddToCallBody,
): KnownTo<Models.Conversation, AddToCallBody> => body;

/** The check can fail: a renamed field, one of another type, and one that was made up. */
type Renamed = { participants: { userID: string }[] };
// @ts-expect-error the vendor has userId
export const renamed = (body: Renamed): KnownTo<Models.Conversation, Renamed> => body;

type Retyped = { participants: { userId: number }[] };
// @ts-expect-error the vendor has text
export const retyped = (body: Retyped): KnownTo<Models.Conversation, Retyped> => body;

type MadeUp = { participants: { userId: string; role: string }[] };
// @ts-expect-error the vendor has no role
export const madeUp = (body: MadeUp): KnownTo<Models.Conversation, MadeUp> => body;
