import fc from 'fast-check'
import { isThorough } from './thorough.ts'

/**
 * The seed of all generated input. Every run of the tests generates the same, so that a failure is caused by the change under test and can
 * be repeated; only an exhaustive run (`npm run test:thorough`) explores with a new one. `PAWL_TEST_SEED` repeats an earlier run.
 */
export const SEED = Number(
  process.env['PAWL_TEST_SEED'] ?? (isThorough ? Math.floor(Math.random() * 2 ** 31) : 20_261_201),
)

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED })
