import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** A DynamoDB item, or a part of one. */
export type Item = Record<string, AttributeValue>;

/**
 * Plain JSON values as DynamoDB attributes. Properties that are `undefined` are left out.
 * @throws TypeError for anything that is not JSON: a number that is not finite, a function, a date
 */
export function toItem(values: object): Item {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, toAttribute(value)]),
  );
}

/** The value of one attribute. @throws TypeError as `toItem` does */
export function toAttribute(value: unknown): AttributeValue {
  if (value === null) return { NULL: true };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'boolean':
      return { BOOL: value };
    case 'number':
      if (Number.isFinite(value)) return { N: String(value) };
      break;
    case 'object':
      if (Object.getPrototypeOf(value) === Object.prototype) return { M: toItem(value) };
  }
  throw new TypeError(`Cannot be stored in DynamoDB: ${String(value)}`);
}

/** The opposite of `toItem`. Sets and binary values, which `toItem` never makes, are left out. */
export function fromItem(item: Item): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item)
      .map(([name, attribute]) => [name, fromAttribute(attribute)] as const)
      .filter(([, value]) => value !== undefined),
  );
}

function fromAttribute(attribute: AttributeValue): unknown {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.M !== undefined) return fromItem(attribute.M);
  if (attribute.L !== undefined) return attribute.L.map(fromAttribute);
  if (attribute.NULL !== undefined) return null;
  return undefined;
}
