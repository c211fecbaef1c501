import type { Config } from 'jest';

/**
 * The folder decides when a test runs: `npm test` takes test/unit, test/contract and test/smoke;
 * `npm run test:full` takes everything except test/long; `npm run test:long` takes test/long.
 */
const config: Config = {
  testEnvironment: 'node',
  // A test that hangs ends after this. Long, because a busy machine slows everything down.
  testTimeout: 60_000,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  globalSetup: '<rootDir>/test/setup/create-temp-root.ts',
  globalTeardown: '<rootDir>/test/setup/remove-temp-root.ts',
  // Jest's default is in the system's temporary directory.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  maxWorkers: '100%',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  collectCoverageFrom: ['lib/**/*.ts', 'functions/**/*.ts'],
  coverageProvider: 'v8',
  // Applies with --coverage only, which is to say to `npm run test:full`.
  coverageThreshold: { global: { branches: 90 } },
  modulePathIgnorePatterns: [
    '<rootDir>/.serverless',
    '<rootDir>/.local',
    '<rootDir>/checks/node_modules',
    '<rootDir>/.stryker-tmp',
  ],
};

export default config;
