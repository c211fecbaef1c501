/**
 * The region of a stage, found as the operators' commands find it. CommonJS, because osls requires it for
 * variables from files.
 */
module.exports = async ({ options }) => {
  const { findRegion } = await import('../../cli/find-region.ts');
  return findRegion(require('node:process').env, {
    region: options.region,
    profile: options['aws-profile'],
  });
};
