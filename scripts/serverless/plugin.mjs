// Extends `npx serverless`. Every command loads this file, so it only defines the hooks; the modules
// beside it are loaded when a hook runs.
import process from 'node:process';

/** Commands that run on this machine only. */
const LOCAL_COMMANDS = ['offline', 'offline start', 'invoke local'];

export default class DeployPlugin {
  constructor(serverless, options) {
    const command = () => serverless.processedInput.commands.join(' ');
    this.hooks = {
      initialize: async () => {
        if (process.env.LOCAL_API_GATEWAY === 'true') return;
        if (LOCAL_COMMANDS.includes(command())) {
          const { runLocally } = await import('./run-locally.ts');
          process.exit(await runLocally(command(), options));
        }
        const { checkCommand } = await import('./check-command.ts');
        await checkCommand(serverless, command(), options);
      },
      'before:package:createDeploymentArtifacts': () => this.packageFunctions(serverless, options),
      'before:deploy:function:packageFunction': () => this.packageFunctions(serverless, options),
      'before:offline:start:init': async () => {
        const { writeBundles } = await import('./write-bundles.ts');
        await writeBundles(serverless, process.env.LOCAL_BUILD_FOLDER);
      },
      // osls looks for the role's name in serverless.yml, but CloudFormation names the role.
      'after:deploy:function:initialize': () => {
        const { Configuration } = serverless.service.provider.remoteFunctionData;
        options.functionObj.role = Configuration.Role;
      },
      'after:deploy:deploy': async () => {
        const { protectStack } = await import('./protect-stack.ts');
        await protectStack(serverless, options);
      },
      'before:remove:remove': async () => {
        const { checkRemoval } = await import('./check-removal.ts');
        await checkRemoval(serverless, options);
      },
      'after:aws:package:finalize:mergeCustomProviderResources': async () => {
        const { applyParameters } = await import('./apply-parameters.ts');
        await applyParameters(serverless, options);
      },
    };
  }

  async packageFunctions(serverless, options) {
    const { packageFunctions } = await import('./package-functions.ts');
    await packageFunctions(serverless, options);
  }
}
