import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { describeWithChecks, runCheck } from './run-check.ts';

const folder = fileURLToPath(new URL('../../genesys/terraform', import.meta.url));

type Block = Record<string, unknown>;
interface Configuration {
  resource: Record<string, Record<string, Block[]>>;
  variable: Record<string, Block[]>;
  output: Record<string, Block[]>;
}

/**
 * Required and optional arguments of each resource, nested blocks by a dotted name, as the provider's
 * documentation has them (mypurecloud/genesyscloud, Terraform registry).
 */
const provider: Record<string, { required: string[]; optional: string[] }> = {
  genesyscloud_auth_role: {
    required: ['name'],
    optional: ['default_role_id', 'description', 'permission_policies', 'permissions'],
  },
  'genesyscloud_auth_role.permission_policies': {
    required: ['action_set', 'domain', 'entity_name'],
    optional: ['conditions'],
  },
  genesyscloud_oauth_client: {
    required: ['authorized_grant_type', 'name'],
    optional: ['access_token_validity_seconds', 'description', 'roles', 'scopes', 'state'],
  },
  'genesyscloud_oauth_client.roles': { required: ['role_id'], optional: ['division_id'] },
  genesyscloud_integration_credential: {
    required: ['credential_type_name'],
    optional: ['fields', 'name'],
  },
  genesyscloud_integration: {
    required: ['integration_type'],
    optional: ['config', 'intended_state'],
  },
  'genesyscloud_integration.config': {
    required: [],
    optional: ['advanced', 'credentials', 'name', 'notes', 'properties'],
  },
  genesyscloud_integration_action: {
    required: ['category', 'contract_input', 'contract_output', 'integration_id', 'name'],
    optional: ['config_request', 'config_response', 'config_timeout_seconds', 'secure'],
  },
  'genesyscloud_integration_action.config_request': {
    required: ['request_type'],
    optional: ['headers', 'request_template', 'request_url_template'],
  },
  'genesyscloud_integration_action.config_response': {
    required: [],
    optional: ['success_template', 'translation_map', 'translation_map_defaults'],
  },
};
const META_ARGUMENTS = ['for_each', 'count', 'depends_on', 'lifecycle', 'provider'];

describeWithChecks('genesys/terraform', () => {
  let configuration: Configuration;
  beforeAll(async () => {
    configuration = (await runCheck('hcl-to-json.mjs', [folder])) as Configuration;
  });

  const blocks = (): [string, Block][] =>
    Object.entries(configuration.resource).flatMap(([type, named]) =>
      Object.values(named)
        .flat()
        .flatMap((block): [string, Block][] => [
          [type, block],
          ...Object.entries(block)
            .filter(([name]) => `${type}.${name}` in provider)
            .flatMap(([name, nested]): [string, Block][] =>
              (nested as Block[]).map((one) => [`${type}.${name}`, one]),
            ),
        ]),
    );

  test('has no argument that the provider does not know, and all that it requires', () => {
    expect(blocks().length).toBeGreaterThan(8);
    for (const [type, block] of blocks()) {
      const { required = [], optional = [] } = provider[type] ?? {};
      const names = Object.keys(block).filter((name) => !META_ARGUMENTS.includes(name));
      expect({
        type,
        unknown: names.filter((one) => ![...required, ...optional].includes(one)),
      }).toEqual({ type, unknown: [] });
      expect({ type, missing: required.filter((one) => !names.includes(one)) }).toEqual({
        type,
        missing: [],
      });
    }
  });

  test('refers to nothing that is not declared, and declares no variable in vain', () => {
    const text = JSON.stringify([configuration.resource, configuration.output]);
    const variables = [...text.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name);
    expect([...new Set(variables)].sort()).toEqual(Object.keys(configuration.variable).sort());
    for (const [, type = '', name = ''] of text.matchAll(/\b(genesyscloud_\w+)\.(\w+)/g)) {
      expect(Object.keys(configuration.resource[type] ?? {})).toContain(name);
    }
  });

  test('takes the actions from the import files that are there', () => {
    const source = readFileSync(`${folder}/main.tf`, 'utf8');
    const files = [...source.matchAll(/file = "([^"]+)"/g)].map(([, file]) => file);
    expect(files).toHaveLength(2);
    for (const file of files) expect(existsSync(`${folder}/../data-actions/${file}`)).toBe(true);
  });

  test('gives the role the permissions that the documentation names', () => {
    const page = readFileSync(new URL('../../docs/genesys.md', import.meta.url), 'utf8');
    const policies = blocks()
      .filter(([type]) => type === 'genesyscloud_auth_role.permission_policies')
      .map(([, { domain, entity_name, action_set }]) => `${domain}:${entity_name}:${action_set}`);
    expect(policies).toHaveLength(3);
    for (const policy of policies) expect(page).toContain(`\`${policy}\``);
  });
});
