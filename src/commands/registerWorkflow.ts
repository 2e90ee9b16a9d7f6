import { isDeepStrictEqual } from 'node:util'
import { declaredPathIssues } from '../lifecycle/declaredPath.ts'
import type { WorkflowDefinition, WorkflowIssue } from '../lifecycle/workflow.ts'
import { parseWorkflow } from '../lifecycle/workflow.ts'
import { insertWorkflow } from '../store/workflows.ts'
import type { StoredWorkflow } from '../store/workflowCache.ts'
import { object, refuse, type Refused } from './answers.ts'
import { checkRole } from './authorize.ts'
import type { Caller, Commands } from './context.ts'
import { newId } from './ids.ts'

/** The answer of a registration. */
export type RegisterAnswer =
  | { readonly ok: true; readonly workflow: StoredWorkflow; readonly changed: boolean }
  | Refused

/**
 * Registers a version of a workflow, for good: the same definition again changes nothing, another one under the same
 * name and version is WorkflowMismatch. Answers with InvalidInput naming every mistake, or Forbidden.
 */
export async function registerWorkflow(
  commands: Commands,
  caller: Caller,
  definition: unknown,
): Promise<RegisterAnswer> {
  const denied = checkRole(caller, 'registerWorkflow')
  if (denied) return denied
  const parsed = parseWorkflow(definition)
  const mistakes = parsed.ok ? await findMistakes(commands, parsed.definition) : parsed.issues
  if (!parsed.ok || mistakes.length > 0) {
    const issues = mistakes.map(({ path, message }) => ({ path: ['definition', ...path], message }))
    return refuse({ type: 'InvalidInput', issues })
  }
  return keepWorkflow(commands, parsed.definition)
}

/** What a definition that has a shape and a graph has wrong all the same: the paths and the schemas of its files. */
async function findMistakes(
  { validator }: Commands,
  definition: WorkflowDefinition,
): Promise<readonly WorkflowIssue[]> {
  return [...declaredPathIssues(definition), ...(await validator.checkSchemas(definition))]
}

/** Keeps a checked definition. Answers with WorkflowMismatch where the version is another one already. */
export async function keepWorkflow(
  { store }: Commands,
  definition: WorkflowDefinition,
): Promise<RegisterAnswer> {
  const { name, version } = definition
  const { workflow, created } = await insertWorkflow(store, newId('workflow'), definition)
  if (!created && !isDeepStrictEqual(workflow.definition, definition))
    return object({ type: 'WorkflowMismatch', name, version })
  return { ok: true, workflow, changed: created }
}
