import { DEATHS } from './deaths.ts'
import { MODEL_ERRORS } from './modelErrors.ts'
import { PERMISSIONS } from './permissions.ts'
import type { Scenario } from './scenario.ts'
import { SET_UP } from './setUp.ts'
import { WORK } from './work.ts'

/** All that agents are taken through, in the order of the table. */
export const SCENARIOS: readonly Scenario[] = [...SET_UP, ...WORK, ...PERMISSIONS, ...DEATHS, ...MODEL_ERRORS]
