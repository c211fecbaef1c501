import { removeTempRoot } from './temp-root.ts';

export default function removeTempRootOfRun(): void {
  const directory = process.env.ADDER_TESTS_TEMP_ROOT;
  if (directory !== undefined) removeTempRoot(directory);
}
