import config from '../jest.config.ts';

/** Stryker repeats these for every mutant: the tests of decisions alone. */
export default {
  ...config,
  rootDir: '..',
  testMatch: ['<rootDir>/test/unit/**/*.test.ts'],
  // They look at the repository, and Stryker works on a copy of a part of it.
  testPathIgnorePatterns: [
    '/test-layout\\.test',
    '/source-rules\\.test',
    '/temp-root\\.test',
    '/readme\\.test',
  ],
};
