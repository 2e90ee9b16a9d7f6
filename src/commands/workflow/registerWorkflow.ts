import { isDeepStrictEqual } from 'node:util'
import { differingFields } from '../../lifecycle/log/keptRequest.ts'
import { declaredPathIssues } from '../../lifecycle/workflow/declaredPath.ts'
import type { WorkflowDefinition, WorkflowIssue } from '../../lifecycle/workflow/workflow.ts'
import { parseWorkflow } from '../../lifecycle/workflow/workflow.ts'
import { findWorkflowKey } from '../../store/workflow/findWorkflowKey.ts'
import { insertWorkflow, type NewWorkflow } from '../../store/workflow/workflows.ts'
import type { StoredWorkflow } from '../../store/sql/workflowCache.ts'
import { objection, refuse, type RefusedWith, type ResultOf } from '../kit/answers.ts'
import { checkProject, checkRole, onlyProjectOf } from '../kit/authorize.ts'
import { type Caller, type Commands, type Keyed, toRequest } from '../kit/context.ts'
import { newId } from '../kit/ids.ts'

/** The result of a registration. */
export type RegisterResult = ResultOf<
  'registerWorkflow',
  {
    readonly ok: true
    readonly workflow: StoredWorkflow
    readonly changed: boolean
    readonly replayed: boolean
  }
>

/** The input of `registerWorkflow`. */
export interface RegisterWorkflow extends Keyed {
  readonly definition: unknown
  /**
   * The project that owns the workflow. Absent: the only project that the caller is limited to, otherwise the whole
   * installation, so that every project may start it.
   */
  readonly project?: string | null | undefined
}

/**
 * Registers a version of a workflow permanently: repeating the same definition changes nothing; another definition
 * under the same project, name and version is a WorkflowMismatch. A workflow of the whole installation can only be
 * registered by a caller without project limits, because it applies to every project that has no workflow of that
 * name. Answers with InvalidInput naming every mistake, IdempotencyMismatch, or Forbidden.
 */
export async function registerWorkflow(
  commands: Commands,
  caller: Caller,
  input: RegisterWorkflow,
): Promise<RegisterResult> {
  const { definition, project } = input
  const owner = project ?? onlyProjectOf(caller)
  const denied =
    checkRole(caller, 'registerWorkflow') ??
    (owner === null ? checkUnlimited(caller) : checkProject(caller, owner))
  if (denied) return denied
  const parsed = parseWorkflow(definition)
  const mistakes = parsed.ok ? await findMistakes(commands, caller, parsed.definition) : parsed.issues
  if (!parsed.ok || mistakes.length > 0) {
    const issues = mistakes.map(({ path, message }) => ({ path: ['definition', ...path], message }))
    return refuse({ type: 'InvalidInput', issues })
  }
  const { idempotencyKey } = input
  const key =
    idempotencyKey == null
      ? null
      : { scope: caller.principalId, key: idempotencyKey, request: toRequest(input) }
  return (await replay(commands, key)) ?? keepWorkflow(commands, owner, parsed.definition, key)
}

type WorkflowKey = NonNullable<NewWorkflow['key']> | null

/** The answer to a request whose key registered a workflow before; null where the key is new. */
async function replay({ store }: Commands, key: WorkflowKey): Promise<RegisterResult | null> {
  const kept = key && (await findWorkflowKey(store, key.scope, key.key))
  if (!kept) return null
  const differingPaths = differingFields(kept.request, key.request)
  if (differingPaths.length > 0) return refuse({ type: 'IdempotencyMismatch', differingPaths })
  return { ok: true, workflow: kept.workflow, changed: true, replayed: true }
}

function checkUnlimited({ projects }: Caller): RefusedWith<'Forbidden'> | undefined {
  if (projects.length === 0) return undefined
  const detail = `This token is limited to the projects ${projects.join(', ')}: name the one whose workflow it is to be.`
  return objection({ type: 'Forbidden', requiredRole: null, detail })
}

/** Returns the remaining mistakes of a definition with a valid shape and graph: artifact paths and schemas. */
async function findMistakes(
  { validator }: Commands,
  caller: Caller,
  definition: WorkflowDefinition,
): Promise<readonly WorkflowIssue[]> {
  return [...declaredPathIssues(definition), ...(await validator.checkSchemas(definition, caller.name))]
}

/**
 * Stores a checked definition, for a project or the installation. Answers with WorkflowMismatch if the version exists
 * with another definition.
 */
export async function keepWorkflow(
  commands: Commands,
  project: string | null,
  definition: WorkflowDefinition,
  key: WorkflowKey = null,
): Promise<RegisterResult> {
  const { name, version } = definition
  const id = newId('workflow')
  const { workflow, created } = await insertWorkflow(commands.store, { id, project, definition, key })
  // another request with the key may have been first
  const replayed = created ? null : await replay(commands, key)
  if (replayed) return replayed
  if (!created && !isDeepStrictEqual(workflow.definition, definition))
    return objection({ type: 'WorkflowMismatch', name, version, because: 'REGISTERED' })
  return { ok: true, workflow, changed: created, replayed: false }
}
