/** One wrong field: where (a JSON Pointer, RFC 6901) and what about it. */
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

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
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
