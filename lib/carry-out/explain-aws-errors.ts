import { AccessDeniedError, isAccessDenied } from '../aws/access-denied.ts';
import { faultReason } from '../aws/configuration-fault.ts';
import { AdderError } from '../domain/adder-error.ts';
import type { VersionedItem } from '../domain/versioned-item.ts';
import type { CallWindowItem } from '../domain/window-update.ts';
import type { Log } from '../logger.ts';
import { TABLE_ACTIONS } from './table-error.ts';

export interface AwsPorts {
  /** The current version of a secret; `undefined` where it has no value. */
  getSecret: (secretId: string) => Promise<{ value: string; versionId: string } | undefined>;
  putSecret: (secretId: string, value: string) => Promise<void>;
  /** Opens a versioned item of the requests table: the lease for requesting a token. */
  openItem: (key: string) => VersionedItem;
  /** Opens the item of the requests table that holds the call budget. */
  openCallWindow: (key: string) => CallWindowItem;
}

/**
 * The same ports, whose errors name the secret or the table. They throw AccessDeniedError if the function's role
 * may not use it, else AdderError `INTERNAL_ERROR`, to be retried. Errors of secrets and of the token's lease are also
 * logged here, because a request that is deferred logs no error.
 */
export function explainAwsErrors(
  {
    config,
    getSecret,
    putSecret,
    openItem,
    openCallWindow,
  }: AwsPorts & { config: { GENESYS_TOKEN_SECRET_ID: string } },
  log: Pick<Log, 'error'>,
): AwsPorts {
  const secret = async <Value>(id: string, action: string, use: () => Promise<Value>) => {
    const kind = id === config.GENESYS_TOKEN_SECRET_ID ? 'token secret' : 'credentials secret';
    try {
      return await use();
    } catch (cause) {
      const error = explain(kind, `secretsmanager:${action}`, cause);
      logFault('secret failed', error);
      throw error;
    }
  };
  function logFault(what: 'secret failed' | 'table failed', error: AdderError): void {
    if (isAccessDenied(error)) log.error('access denied', { error });
    else log.error(what, { reason: faultReason(error), error });
  }
  return {
    getSecret: (id) => secret(id, 'GetSecretValue', () => getSecret(id)),
    putSecret: (id, value) => secret(id, 'PutSecretValue', () => putSecret(id, value)),
    openItem: (key) => {
      const item = openItem(key);
      const ofLease = (cause: unknown) => {
        const error = explain('requests table', TABLE_ACTIONS, cause);
        logFault('table failed', error);
        throw error;
      };
      return {
        read: () => item.read().catch(ofLease),
        write: (value, previousVersion) => item.write(value, previousVersion).catch(ofLease),
      };
    },
    openCallWindow: (key) => {
      const item = openCallWindow(key);
      // Logged by the caller, with the request.
      const ofBudget = (cause: unknown) => {
        throw explain('requests table', TABLE_ACTIONS, cause);
      };
      return {
        read: () => item.read().catch(ofBudget),
        update: (update) => item.update(update).catch(ofBudget),
        replace: (seconds) => item.replace(seconds).catch(ofBudget),
      };
    },
  };
}

function explain(thing: string, actions: string, cause: unknown): AdderError {
  if (isAccessDenied(cause)) return new AccessDeniedError(thing, actions, cause);
  return new AdderError(`The ${thing} could not be reached`, {
    code: 'INTERNAL_ERROR',
    disposition: 'retry',
    cause,
  });
}
