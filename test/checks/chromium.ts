import { existsSync } from 'node:fs';

/** The path of the Chromium on this machine, if there is one. */
export const CHROMIUM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));
