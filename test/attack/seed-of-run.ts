import process from 'node:process';

/**
 * The seed of the attack tests: another one every day, so that the same program tries other input;
 * `ATTACK_SEED=N` repeats a failure. fast-check prints the seed of a property that fails.
 */
export const seedOfRun = Number(process.env.ATTACK_SEED ?? Math.floor(Date.now() / 86_400_000));
