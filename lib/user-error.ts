/** Something that whoever runs the command can mend. Shown as its message alone; exit code 1. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
