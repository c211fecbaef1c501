import type { GivenSettings } from './given-settings.ts';

/**
 * Settings that were given when the stage was deployed, are not given now, and would change to their
 * default. One line for each.
 * @param before what the deployed stage was given; undefined if unknown
 * @param now what this deploy is given
 * @param values what this deploy would set
 */
export function findResets(
  stage: string,
  before: GivenSettings | undefined,
  now: GivenSettings,
  values: GivenSettings,
): string[] {
  const lines = (kind: keyof GivenSettings, how: (name: string) => string) =>
    Object.entries(before?.[kind] ?? {}).flatMap(([name, old]) => {
      const value = values[kind][name];
      // A setting that this version does not have cannot be given.
      if (name in now[kind] || value === undefined || value === old) return [];
      return [
        `${name} is "${old}" in stage ${stage} and is not given now, so it would become "${value}": ${how(name)}`,
      ];
    });
  return [
    ...lines('variables', () => `set it in the environment or in .env.${stage}`),
    ...lines('parameters', (name) => `give --param="${name}=VALUE"`),
  ];
}
