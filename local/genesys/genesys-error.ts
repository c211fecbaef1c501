/** An error in the platform's words. `code` is the documented one, if any. */
export class GenesysError extends Error {
  readonly status: number;
  readonly code: string;
  readonly messageParams: Record<string, string>;
  /** Seconds of `Retry-After`, for a 429. */
  readonly limit: Limit | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    messageParams: Record<string, string> = {},
    limit?: Limit,
  ) {
    super(message);
    this.name = 'GenesysError';
    this.status = status;
    this.code = code;
    this.messageParams = messageParams;
    this.limit = limit;
  }
}

/** `Limit` of the vendor's description: the limit that was exceeded. */
export interface Limit {
  key: string;
  namespace: string;
  value: number;
}

/** `ErrorBody` of the vendor's description. */
export interface ErrorBody {
  message: string;
  code: string;
  status: number;
  contextId: string;
  messageParams?: Record<string, string>;
  details: { errorCode?: string; fieldName?: string; entityId?: string; entityName?: string }[];
  errors: ErrorBody[];
  limit?: Limit;
}

/** `contextId` is the response's correlation id, which the vendor's support asks for. */
export function toErrorBody(error: GenesysError, correlationId: string): ErrorBody {
  return {
    message: error.message,
    code: error.code,
    status: error.status,
    ...(Object.keys(error.messageParams).length > 0 ? { messageParams: error.messageParams } : {}),
    contextId: correlationId,
    details: [],
    errors: [],
    ...(error.limit === undefined ? {} : { limit: error.limit }),
  };
}

export const notFound = (message = 'The requested resource was not found.') =>
  new GenesysError(404, 'not.found', message);

/** 403 of the live platform. An operation requires one of several permissions. */
export const missingPermission = (permission: string) =>
  new GenesysError(
    403,
    'missing.any.permissions',
    `Unable to perform the requested action. You must have at least one of the following permissions assigned: [${permission}]`,
    { permissions: permission },
  );

export const badRequest = (detail: string) =>
  new GenesysError(
    400,
    'bad.request',
    `The request could not be understood by the server due to malformed syntax. ${detail}`,
  );

export const invalidQueryValue = (value: string, name: string, allowed: string) =>
  new GenesysError(
    400,
    'invalid.query.param.value',
    `Value [${value}] is not valid for parameter [${name}]. Allowable values are: ${allowed}`,
  );

export const invalidProperty = (name: string, object: string) =>
  new GenesysError(
    400,
    'invalid.property',
    `Value [${name}] is not a valid property for object [${object}]`,
  );

export const constraintViolation = (detail: string) =>
  new GenesysError(400, 'constraint.validation', detail);
