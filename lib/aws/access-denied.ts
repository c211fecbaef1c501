import { AdderError } from '../domain/adder-error.ts';

/** AWS denies the function's role an action that it needs. Retried, because an operator can allow it before the deadline. */
export class AccessDeniedError extends AdderError {
  /**
   * @param thing what the role has no access to, without its ARN, which contains the account
   * @param actions the IAM actions that are missing
   */
  constructor(thing: string, actions: string, cause: unknown) {
    super(describeDenial(thing, actions), {
      code: 'INTERNAL_ERROR',
      disposition: 'retry',
      cause,
    });
    this.name = 'AccessDeniedError';
  }
}

export function describeDenial(thing: string, actions: string): string {
  return `The function's role has no access to the ${thing}: allow ${actions}, and check the role's permissions boundary and the policy of the KMS key`;
}

/** Whether an error, or one of its causes, is a denial: `AccessDenied`, `AccessDeniedException`, `KmsAccessDenied`. */
export function isAccessDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /accessdenied/i.test(error.name) || isAccessDenied(error.cause);
}

/** @returns a denial as AccessDeniedError, and every other error as it is */
export function explainIfDenied(thing: string, actions: string, error: unknown): unknown {
  return isAccessDenied(error) ? new AccessDeniedError(thing, actions, error) : error;
}

/** For `.catch()`: throws what explainIfDenied returns. */
export function explainDenial(thing: string, actions: string): (error: unknown) => never {
  return (error) => {
    throw explainIfDenied(thing, actions, error);
  };
}
