import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describeApi } from '../../scripts/schemas/describe-api.ts';

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'https://schemas.example/openapi', components: describeApi().components });

/** Checks documents against a component of the OpenAPI document. */
export function componentValidator(name: string): ValidateFunction {
  return ajv.compile({ $ref: `https://schemas.example/openapi#/components/schemas/${name}` });
}
