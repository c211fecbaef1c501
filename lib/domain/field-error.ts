/** One invalid field: its place (a JSON Pointer, RFC 6901) and the error. */
export interface FieldError {
  pointer: string;
  detail: string;
}

interface Issue {
  code?: string | undefined;
  path?: PropertyKey[] | undefined;
  message: string;
  keys?: string[];
}

/** Longer names are no fields of ours: they are cut, so that no error is larger than what it is about. */
const MAX_NAME_LENGTH = 100;

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${escapeName(String(key))}`).join('');
}

/** Escapes a name (RFC 6901), which can double its length: so it is cut before. */
function escapeName(name: string): string {
  const cut =
    name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH - 1).toWellFormed()}…` : name;
  return cut.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Translates the issues of a zod error; an unknown field is reported under its own name. */
export function toFieldErrors(issues: readonly Issue[]): FieldError[] {
  return issues.flatMap((issue) => {
    const path = issue.path ?? [];
    if (issue.code === 'unrecognized_keys' && issue.keys) {
      return issue.keys.map((key) => ({
        pointer: pointerTo([...path, key]),
        detail: 'is not a field of this object; remove it',
      }));
    }
    return [{ pointer: pointerTo(path), detail: issue.message }];
  });
}
