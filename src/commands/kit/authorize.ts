import { mayDo, type Operation, roleFor } from '../../lifecycle/run/authority.ts'
import { objection, type RefusedWith } from './answers.ts'
import { type Caller, onlyRunOf } from './context.ts'

/** Returns a refusal if the caller's role does not permit the operation; otherwise undefined. */
export function checkRole(caller: Caller, operation: Operation): RefusedWith<'Forbidden'> | undefined {
  if (mayDo(caller.role, operation)) return undefined
  const requiredRole = roleFor(operation)
  const detail = `A token of role ${caller.role} may not do this; it requires ${requiredRole}.`
  return objection({ type: 'Forbidden', requiredRole, detail })
}

/** Returns a refusal if the caller has no access to the run; otherwise undefined. */
export function checkRun(
  caller: Caller,
  run: { id: string; project: string },
): RefusedWith<'Forbidden'> | undefined {
  if (seesRun(caller, run)) return undefined
  const only = onlyRunOf(caller)
  const detail =
    only !== null && only !== run.id
      ? `This token belongs to ${only}, not to ${run.id}.`
      : `This token is limited to the projects ${caller.projects.join(', ')}.`
  return objection({ type: 'Forbidden', requiredRole: null, detail })
}

/** True if the caller may see the run. */
export function seesRun(caller: Caller, { id, project }: { id: string; project: string }): boolean {
  const only = onlyRunOf(caller)
  return (only === null || only === id) && seesProject(caller, project)
}

/** Returns the projects that the caller may see; null: all. */
export function reachOf({ projects }: Caller): readonly string[] | null {
  return projects.length > 0 ? projects : null
}

/** True if the caller may see the project. */
export function seesProject({ projects }: Caller, project: string): boolean {
  return projects.length === 0 || projects.includes(project)
}

/** Returns the only project that the caller is limited to; null if it may see several, or all. */
export function onlyProjectOf({ projects }: Caller): string | null {
  const [only, ...others] = projects
  return only !== undefined && others.length === 0 ? only : null
}

/** Returns the caller's default project, used if a request names none. */
export function projectOf(caller: Caller): string {
  return onlyProjectOf(caller) ?? 'default'
}

/** Returns a refusal if the caller has no access to the project; otherwise undefined. */
export function checkProject(caller: Caller, project: string): RefusedWith<'Forbidden'> | undefined {
  if (seesProject(caller, project)) return undefined
  const detail = `This token is limited to the projects ${caller.projects.join(', ')}.`
  return objection({ type: 'Forbidden', requiredRole: null, detail })
}
