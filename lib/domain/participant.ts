/** The roles a participant can be asked for. */
export const ROLES = ['agent', 'customer', 'observer', 'supervisor'] as const;
export type Role = (typeof ROLES)[number];

/** A person to add: a Genesys user by `id`, or an outside party by `address`. */
export interface RequestedParticipant {
  /** The user's UUID, in lower case. */
  id?: string;
  /** E.164 (`+15551234567`), `tel:` or a SIP URI. */
  address?: string;
  role: Role;
}
