import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

/**
 * The vendor's Swagger 2.0 description of the platform API. It is not part of this repository:
 * it is looked for beside it, or where `GENESYS_SWAGGER` says.
 */
const DEFAULT_PATH = fileURLToPath(
  new URL('../../../shared/genesys/platform-api-subset.json', import.meta.url),
);

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  enum?: string[];
  items?: Schema;
  [keyword: string]: unknown;
}

interface DescribedAnswer {
  schema?: Schema;
  'x-inin-error-codes'?: Record<string, string>;
}

interface DescribedOperation {
  parameters?: { name: string; in: string; items?: Schema; enum?: string[]; default?: unknown }[];
  responses: Record<string, DescribedAnswer>;
  'x-inin-requires-permissions'?: { permissions: string[] };
}

export interface VendorDescription {
  definitions: Record<string, Schema>;
  /** The operation of a method and a concrete path; fixed paths win over templates. */
  findOperation(method: string, path: string): DescribedOperation | undefined;
  /** What is wrong with a JSON document by this definition; empty where nothing is. */
  check(definition: string, document: unknown): string[];
}

/** @throws Error where `GENESYS_SWAGGER` names a file that is not there */
export function loadVendorDescription(): VendorDescription | undefined {
  const path = process.env.GENESYS_SWAGGER ?? DEFAULT_PATH;
  if (process.env.GENESYS_SWAGGER === undefined && !existsSync(path)) return undefined;
  const swagger = JSON.parse(readFileSync(path, 'utf8')) as {
    definitions: Record<string, Schema>;
    paths: Record<string, Record<string, DescribedOperation>>;
  };
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

const vendor = loadVendorDescription();

/** `describe` for what is held against the vendor's description; skipped aloud without it. */
export function describeWithVendor(
  name: string,
  define: (description: VendorDescription) => void,
): void {
  if (vendor) {
    describe(name, () => define(vendor));
    return;
  }
  // Not console.warn: Jest keeps that to itself where a whole file is skipped.
  process.stderr.write(
    `SKIPPED: "${name}": the vendor's description is not there. Put platform-api-subset.json at ${DEFAULT_PATH} or set GENESYS_SWAGGER.\n`,
  );
  // Every test is still listed, as skipped. None of them runs, so the description is never read.
  describe.skip(name, () => define({} as VendorDescription));
}
