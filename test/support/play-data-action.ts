import { Ajv } from 'ajv';

interface Contract {
  type: string;
  required?: string[];
  properties: Record<string, { type: string }>;
  additionalProperties?: boolean;
}

/** An import file of a Genesys Cloud data action. */
export interface DataAction {
  name: string;
  integrationType: string;
  actionType: string;
  secure: boolean;
  contract: { input: { inputSchema: Contract }; output: { successSchema: Contract } };
  config: {
    request: {
      requestUrlTemplate: string;
      requestType: string;
      headers: Record<string, string>;
      requestTemplate: string;
    };
    response: {
      translationMap: Record<string, string>;
      translationMapDefaults: Record<string, string>;
      successTemplate: string;
    };
  };
}

/** The request that the integration sends. */
export interface SentRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string;
}

const FLAT_TYPES = ['string', 'integer', 'number', 'boolean'];
const RESERVED_INPUTS = ['orgId', 'integrationId', 'rawRequest'];
const INTEGRATIONS = ['aws-lambda-data-actions', 'custom-rest-actions'];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

// The forms of Velocity references that the vendor documents, and no other:
// https://help.mypurecloud.com/articles/velocity-macros-data-actions/
const REFERENCE = /\$!?\{([\w.]+)\}/;
const MACRO = /\$esc\.(jsonString|uriEncode)\((?:"\$\{([\w.]+)\}"|\$\{([\w.]+)\})\)/;
const ANY = new RegExp(`${MACRO.source}|(\\$!?)\\{([\\w.]+)\\}`, 'g');

/** What the vendor's import or publication would refuse, or would fail at execution. */
export function faultsOf(action: DataAction): string[] {
  const { inputSchema } = action.contract.input;
  const { successSchema } = action.contract.output;
  const { request, response } = action.config;
  const faults: string[] = [];
  const expectThat = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault);
  };
  expectThat(/^.{1,100}$/.test(action.name), 'the name has 1 to 100 characters');
  expectThat(action.actionType === 'custom', 'actionType is custom');
  expectThat(INTEGRATIONS.includes(action.integrationType), 'the integration is known');
  expectThat(METHODS.includes(request.requestType), 'the method is known');
  for (const [which, schema] of Object.entries({ inputSchema, successSchema })) {
    expectThat(!JSON.stringify(schema).includes('$ref'), `${which} has no $ref`);
    expectThat(schema.type === 'object', `${which} is an object`);
    for (const [name, { type }] of Object.entries(schema.properties)) {
      expectThat(FLAT_TYPES.includes(type), `${which}.${name} is flat`);
    }
    for (const name of schema.required ?? []) {
      expectThat(name in schema.properties, `${which}.${name} is required and exists`);
    }
  }
  for (const name of RESERVED_INPUTS) {
    expectThat(!(name in inputSchema.properties), `the input ${name} is reserved`);
  }
  faults.push(...wrongReferences(action), ...unescaped(action));
  for (const path of Object.values(response.translationMap)) {
    expectThat(/^\$(\.\w+)+$/.test(path), `${path} is a path`);
  }
  for (const name of namesIn(response.successTemplate)) {
    const isKnown = name === 'rawResult' || name in response.translationMap;
    expectThat(isKnown, `the success template refers to ${name}, which is translated`);
  }
  return faults;
}

/** References in a form that Velocity does not parse, to nothing, or to what may be absent. */
function wrongReferences({ contract, config: { request } }: DataAction): string[] {
  const { properties, required = [] } = contract.input.inputSchema;
  const faults: string[] = [];
  const inTemplates = {
    requestUrlTemplate: request.requestUrlTemplate,
    requestTemplate: request.requestTemplate,
    ...request.headers,
  };
  for (const [where, template] of Object.entries(inTemplates)) {
    if (/\$/.test(template.replace(ANY, '')))
      faults.push(`${where} has documented references only`);
    for (const name of namesIn(template)) {
      const [root = '', field = ''] = name.split('.');
      if (root === 'credentials' || root === 'authResponse') continue;
      const isKnown = root === 'input' && (field === 'rawRequest' || field in properties);
      if (!isKnown) faults.push(`${where} refers to ${name}, which exists`);
      const isSilent = template.includes(`$!{${name}}`) || field === 'rawRequest';
      const isRequired = required.includes(field);
      if (!isSilent && !isRequired)
        faults.push(`${where}: ${name} is required, or its reference silent`);
    }
  }
  return faults;
}

/** Strings in bodies and URLs must be escaped, or a quote in one of them fails the action. */
function unescaped({ contract, config }: DataAction): string[] {
  const { requestUrlTemplate, requestTemplate } = config.request;
  const plain = [requestUrlTemplate, requestTemplate].join(' ').replace(new RegExp(MACRO, 'g'), '');
  return namesIn(plain)
    .filter((name) => name.startsWith('input.'))
    .filter((name) => {
      const type = contract.input.inputSchema.properties[name.slice('input.'.length)]?.type;
      return type === 'string';
    })
    .map((name) => `${name} is escaped`);
}

const namesIn = (template: string): string[] =>
  [...template.matchAll(new RegExp(REFERENCE, 'g'))].map(([, name = '']) => name);

/** Checks a value against a contract. @throws Error with what is wrong */
export function checkContract(contract: Contract, value: unknown): void {
  const { $schema: _, ...schema } = contract as Contract & { $schema?: string };
  const ajv = new Ajv({ strict: true, allErrors: true });
  if (!ajv.validate(schema, value)) throw new Error(ajv.errorsText());
}

/** What the integration makes of an input. @throws Error for one that breaks the contract */
export function toRequest(
  action: DataAction,
  input: Record<string, unknown>,
  context: Record<string, Record<string, string>> = {},
): SentRequest {
  checkContract(action.contract.input.inputSchema, input);
  const values = { ...context, input: { ...input, rawRequest: JSON.stringify(input) } };
  const { requestUrlTemplate, requestType, headers, requestTemplate } = action.config.request;
  const fill = (template: string) => fillTemplate(template, values);
  return {
    url: fill(requestUrlTemplate),
    method: requestType,
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, fill(text)])),
    body: requestType === 'GET' ? '' : fill(requestTemplate),
  };
}

/** What Architect gets of a response. @throws Error for one that breaks the contract */
export function toOutput(action: DataAction, response: unknown): Record<string, unknown> {
  const { translationMap, translationMapDefaults, successTemplate } = action.config.response;
  const variables: Record<string, string> = { rawResult: JSON.stringify(response) };
  for (const [name, path] of Object.entries(translationMap)) {
    const value = readPath(response, path);
    const text = value === undefined ? translationMapDefaults[name] : JSON.stringify(value);
    if (text !== undefined) variables[name] = text;
  }
  const output = JSON.parse(fillTemplate(successTemplate, variables));
  checkContract(action.contract.output.successSchema, output);
  return output;
}

function fillTemplate(template: string, values: Record<string, unknown>): string {
  return template.replace(ANY, (text, macro, quoted, bare, dollar, plain) => {
    const value = readPath(values, `$.${quoted ?? bare ?? plain}`);
    if (macro === 'jsonString') return JSON.stringify(String(value)).slice(1, -1);
    if (macro === 'uriEncode') return encodeURIComponent(String(value));
    // A reference to nothing stays as it is, unless it is silent.
    if (value === undefined) return dollar === '$!' ? '' : text;
    return String(value);
  });
}

function readPath(value: unknown, path: string): unknown {
  return (
    path
      .split('.')
      .slice(1)
      // biome-ignore lint/suspicious/noExplicitAny: any JSON
      .reduce((part: any, name) => part?.[name], value)
  );
}
