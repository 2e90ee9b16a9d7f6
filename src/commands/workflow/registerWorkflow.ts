import { isDeepStrictEqual } from 'node:util'
import { declaredPathIssues } from '../../lifecycle/workflow/declaredPath.ts'
import type { WorkflowDefinition, WorkflowIssue } from '../../lifecycle/workflow/workflow.ts'
import { parseWorkflow } from '../../lifecycle/workflow/workflow.ts'
import { insertWorkflow } from '../../store/workflow/workflows.ts'
import type { StoredWorkflow } from '../../store/sql/workflowCache.ts'
import { objection, refuse, type Refused, type ResultOf } from '../kit/answers.ts'
import { checkProject, checkRole, onlyProjectOf } from '../kit/authorize.ts'
import type { Caller, Commands } from '../kit/context.ts'
import { newId } from '../kit/ids.ts'

/** The answer of a registration. */
export type RegisterResult = ResultOf<
  'registerWorkflow',
  { readonly ok: true; readonly workflow: StoredWorkflow; readonly changed: boolean }
>

/** A definition to register. */
export interface RegisterWorkflow {
  readonly definition: unknown
  /**
   * The project whose it is to be. Absent: the only one that the caller is limited to, else the installation's, which every
   * project may start.
   */
  readonly project?: string | null | undefined
}

/**
 * Registers a version of a workflow, for good: the same definition again changes nothing, another one under the same
 * project, name and version is WorkflowMismatch. Only a caller who is limited to no project registers one of the installation: what
 * every project takes where it has none of its own is nothing for one project to decide. Answers with InvalidInput naming every
 * mistake, or Forbidden.
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

function checkUnlimited({ projects }: Caller): Refused<'Forbidden'> | undefined {
  if (projects.length === 0) return undefined
  const detail = `This token is limited to the projects ${projects.join(', ')}: name the one whose workflow it is to be.`
  return objection({ type: 'Forbidden', requiredRole: null, detail })
}

/** What a definition that has a shape and a graph has wrong all the same: the paths and the schemas of its files. */
async function findMistakes(
  { validator }: Commands,
  caller: Caller,
  definition: WorkflowDefinition,
): Promise<readonly WorkflowIssue[]> {
  return [...declaredPathIssues(definition), ...(await validator.checkSchemas(definition, caller.name))]
}

/** Keeps a checked definition, of a project or of the installation. Answers with WorkflowMismatch where the version is another one already. */
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
