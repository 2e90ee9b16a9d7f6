import { prepareOwnedPages } from '../../sql/ownedPages.ts'
import type { Execution } from '../../../lifecycle/run/run.ts'
import { EXECUTION_JSON } from '../../rows/selectWork.ts'

/** Pages of the executions of runs, in the order of the requests. */
export const listExecutionsOfRuns = prepareOwnedPages<Execution>({
  name: 'list-executions-of-runs',
  table: 'execution x',
  json: EXECUTION_JSON,
  at: 'started_at',
})
