import { explainDenial, isAccessDenied } from '../aws/access-denied.ts';
import type { VersionedItem } from '../domain/versioned-item.ts';
import type { Log } from '../logger.ts';
import { TABLE_ACTIONS } from './table-error.ts';

export interface AwsPorts {
  /** The current version of a secret; `undefined` where it has no value. */
  getSecret: (secretId: string) => Promise<{ value: string; versionId: string } | undefined>;
  putSecret: (secretId: string, value: string) => Promise<void>;
  /** Opens a versioned item of the requests table. */
  openItem: (key: string) => VersionedItem;
}

/**
 * The same ports, which throw AccessDeniedError if the function's role may not use a secret or the table.
 * Denied secrets are also logged here, because a request that is deferred logs no error.
 */
export function explainDenials(
  {
    config,
    getSecret,
    putSecret,
    openItem,
  }: AwsPorts & { config: { GENESYS_TOKEN_SECRET_ID: string } },
  log: Pick<Log, 'error'>,
): AwsPorts {
  const secret = async <Value>(id: string, action: string, use: () => Promise<Value>) => {
    const kind = id === config.GENESYS_TOKEN_SECRET_ID ? 'token secret' : 'credentials secret';
    try {
      return await use().catch(explainDenial(kind, `secretsmanager:${action}`));
    } catch (error) {
      if (isAccessDenied(error)) log.error('access denied', { error });
      throw error;
    }
  };
  const ofTable = explainDenial('requests table', TABLE_ACTIONS);
  return {
    getSecret: (id) => secret(id, 'GetSecretValue', () => getSecret(id)),
    putSecret: (id, value) => secret(id, 'PutSecretValue', () => putSecret(id, value)),
    openItem: (key) => {
      const item = openItem(key);
      return {
        read: () => item.read().catch(ofTable),
        write: (value, previousVersion) => item.write(value, previousVersion).catch(ofTable),
      };
    },
  };
}
