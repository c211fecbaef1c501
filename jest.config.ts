import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  // Only to end a test that hangs; on a busy machine everything takes longer.
  testTimeout: 60_000,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
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
  coverageThreshold: { global: { branches: 90 } },
  modulePathIgnorePatterns: ['<rootDir>/.serverless', '<rootDir>/.esbuild', '<rootDir>/.local'],
};

export default config;
