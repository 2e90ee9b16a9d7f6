// oxlint-disable import/no-unassigned-import -- each concept adds its types and fields to the builder
import './approval.ts'
import './approvalMutations.ts'
import './artifact.ts'
import './artifactMutations.ts'
import './directive.ts'
import './enums.ts'
import './enumsBelow.ts'
import './evidence.ts'
import './event.ts'
import './executionFields.ts'
import './lease.ts'
import './leaseMutations.ts'
import './maintenance.ts'
import './message.ts'
import './messageMutations.ts'
import './node.ts'
import './phase.ts'
import './phaseMutations.ts'
import './run.ts'
import './runBelow.ts'
import './runMutations.ts'
import './runQueries.ts'
import './server.ts'
import './session.ts'
import './sessionMutations.ts'
import './subscriptions.ts'
import './token.ts'
import './workflow.ts'
import { builder } from './builder.ts'

/**
 * The schema, of all concepts. To be executed by `executeOperation` and `subscribeOperation`, which give each execution
 * its own moment of the database.
 */
export const schema = builder.toSchema({ sortSchema: false })
