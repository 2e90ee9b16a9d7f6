// oxlint-disable import/no-unassigned-import -- each concept adds its types and fields to the builder
import './enums.ts'
import './evidence.ts'
import './event.ts'
import './executionFields.ts'
import './lease.ts'
import './leaseMutations.ts'
import './maintenance.ts'
import './node.ts'
import './phase.ts'
import './phaseMutations.ts'
import './run.ts'
import './runMutations.ts'
import './runQueries.ts'
import './server.ts'
import './subscriptions.ts'
import './token.ts'
import './workflow.ts'
import { builder } from './builder.ts'

/**
 * The schema, of all concepts. To be executed by `executeOperation` and `subscribeOperation`, which give each execution
 * its own moment of the database.
 */
export const schema = builder.toSchema({ sortSchema: false })
