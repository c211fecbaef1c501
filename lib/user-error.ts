/** An error that the user of the command can fix. Only its message is printed; exit code 1. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
