import { readFileSync } from 'node:fs';
import { describe } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import {
  COMMON_CODES,
  ENUMERATIONS,
  OPERATIONS,
  type OperationFacts,
} from './platform-operations.ts';
import { readSdkDefinitions, type Schema } from './sdk-definitions.ts';

/** An operation, in the vocabulary of Swagger 2.0 and of the vendor's extensions to it. */
interface DescribedOperation {
  parameters?: {
    name: string;
    in: string;
    items?: Schema;
    enum?: readonly string[];
    default?: unknown;
  }[];
  responses: Record<string, DescribedResponse>;
  'x-inin-requires-permissions'?: { permissions: readonly string[] };
}

interface DescribedResponse {
  schema?: Schema;
  'x-inin-error-codes'?: Record<string, string>;
}

interface Swagger {
  definitions: Record<string, Schema>;
  paths: Record<string, Record<string, DescribedOperation>>;
}

export interface VendorDescription {
  definitions: Record<string, Schema>;
  /** The operation of a method and a concrete path; fixed paths win over templates. */
  findOperation(method: string, path: string): DescribedOperation | undefined;
  /** What is wrong with a JSON document by this definition; empty where nothing is. */
  check(definition: string, document: unknown): string[];
}

/** The types of the vendor's SDK together with the facts of platform-operations.ts. */
function describePlatform(): Swagger {
  const definitions = readSdkDefinitions();
  for (const [names, values] of ENUMERATIONS) {
    for (const name of names) limitTo(values, definitions, name);
  }
  const paths: Swagger['paths'] = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describeOperation(operation),
    };
  }
  return { definitions, paths };
}

function limitTo(values: string[], definitions: Record<string, Schema>, name: string): void {
  const [type = '', property = ''] = name.split('.');
  const schema = definitions[type]?.properties?.[property];
  if (!schema) throw new Error(`The vendor's SDK has no ${name}`);
  (schema.items ?? schema).enum = values;
}

function describeOperation({ returns, query = {}, codes = {}, permissions }: OperationFacts) {
  const responses: DescribedOperation['responses'] = {
    200: { schema: { $ref: `#/definitions/${returns}` } },
  };
  for (const [status, common] of Object.entries(COMMON_CODES)) {
    const all = [...common, ...(codes[Number(status)] ?? [])];
    responses[status] = {
      schema: { $ref: '#/definitions/ErrorBody' },
      'x-inin-error-codes': Object.fromEntries(all.map((code) => [code, ''])),
    };
  }
  const parameters = Object.entries(query).map(([name, { values, default: value }]) => ({
    name,
    in: 'query',
    ...(values ? { enum: values } : {}),
    default: value,
  }));
  return {
    responses,
    parameters,
    ...(permissions ? { 'x-inin-requires-permissions': { permissions } } : {}),
  };
}

function createVendorDescription(swagger: Swagger): VendorDescription {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'vendor', definitions: closeObjects(swagger.definitions) });
  const validators = new Map<string, ValidateFunction>();

  return {
    definitions: swagger.definitions,
    findOperation(method, path) {
      const templates = Object.keys(swagger.paths).filter((template) => fits(template, path));
      const [best] = templates.sort((a, b) => holes(a) - holes(b));
      return best === undefined ? undefined : swagger.paths[best]?.[method.toLowerCase()];
    },
    check(definition, document) {
      const validate =
        validators.get(definition) ?? ajv.compile({ $ref: `vendor#/definitions/${definition}` });
      validators.set(definition, validate);
      if (validate(document)) return [];
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) =>
          `${instancePath} ${message} ${JSON.stringify(params)}`,
      );
    },
  };
}

/**
 * The description forbids no property; here one that it does not know is a mistake. URIs are
 * described as absolute, but the platform itself sends `/api/v2/…`.
 */
function closeObjects<T>(node: T): T {
  if (Array.isArray(node)) return node.map(closeObjects) as T;
  if (typeof node !== 'object' || node === null) return node;
  const closed = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, closeObjects(value)]),
  ) as Schema;
  if (closed.format === 'uri') closed.format = 'uri-reference';
  if (typeof closed.properties === 'object' && closed.type === 'object') {
    closed.additionalProperties ??= false;
  }
  return closed as T;
}

const holes = (template: string) => template.split('{').length;

function fits(template: string, path: string): boolean {
  const given = path.split('/');
  const wanted = template.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith('{') || part === given[index])
  );
}

const descriptions: [string, VendorDescription][] = [
  ["the vendor's SDK", createVendorDescription(describePlatform())],
];
const { GENESYS_SWAGGER } = process.env;
if (GENESYS_SWAGGER) {
  const swagger: Swagger = JSON.parse(readFileSync(GENESYS_SWAGGER, 'utf8'));
  descriptions.push(["the vendor's Swagger", createVendorDescription(swagger)]);
}

/**
 * `describe` for what is held against the vendor's description: the SDK's types and our list of its
 * operations, and also the vendor's Swagger 2.0 document where `GENESYS_SWAGGER` names a copy of it.
 */
export function describeWithVendor(
  name: string,
  define: (description: VendorDescription) => void,
): void {
  describe.each(descriptions)(`${name}, by %s`, (_, description) => define(description));
}
