import { isDeepStrictEqual } from 'node:util'
import { declaredPathIssues } from '../../lifecycle/workflow/declaredPath.ts'
import type { WorkflowDefinition, WorkflowIssue } from '../../lifecycle/workflow/workflow.ts'
import { parseWorkflow } from '../../lifecycle/workflow/workflow.ts'
import { insertWorkflow } from '../../store/workflow/workflows.ts'
import type { StoredWorkflow } from '../../store/sql/workflowCache.ts'
import { objection, refuse, type RefusedWith, type ResultOf } from '../kit/answers.ts'
import { checkProject, checkRole, onlyProjectOf } from '../kit/authorize.ts'
import type { Caller, Commands } from '../kit/context.ts'
import { newId } from '../kit/ids.ts'

/** The result of a registration. */
export type RegisterResult = ResultOf<
  'registerWorkflow',
  { readonly ok: true; readonly workflow: StoredWorkflow; readonly changed: boolean }
>

/** The input of `registerWorkflow`. */
export interface RegisterWorkflow {
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
 * name. Answers with InvalidInput naming every mistake, or Forbidden.
 */
export async function registerWorkflow(
  commands: Commands,
  caller: Caller,
  { definition, project }: RegisterWorkflow,
): Promise<RegisterResult> {
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
  return keepWorkflow(commands, owner, parsed.definition)
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
  { store }: Commands,
  project: string | null,
  definition: WorkflowDefinition,
): Promise<RegisterResult> {
  const { name, version } = definition
  const { workflow, created } = await insertWorkflow(store, { id: newId('workflow'), project, definition })
  if (!created && !isDeepStrictEqual(workflow.definition, definition))
    return objection({ type: 'WorkflowMismatch', name, version, because: 'REGISTERED' })
  return { ok: true, workflow, changed: created }
}
