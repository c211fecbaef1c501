import { explainDenial } from '../aws/access-denied.ts';
import { TABLE_ACTIONS } from './table-error.ts';

type Methods = Record<string, (...values: never[]) => Promise<unknown>>;

/** The same store. If the function's role may not use the table, its errors are AccessDeniedError. */
export function explainDeniedRecords<Store extends object>(records: Store): Store {
  const explained = Object.entries(records as Methods).map(([name, call]) => [
    name,
    (...values: never[]) => call(...values).catch(explainDenial('requests table', TABLE_ACTIONS)),
  ]);
  return Object.fromEntries(explained) as Store;
}
