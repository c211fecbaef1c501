/**
 * The region that a stage is deployed to, found as the operators' commands find it. CommonJS, as osls
 * asks of a file that it takes a value from.
 */
module.exports = async ({ options }) => {
  const { findRegion } = await import('../../cli/find-region.ts');
  return findRegion(require('node:process').env, {
    region: options.region,
    profile: options['aws-profile'],
  });
};
