import { mayDo, type Operation, roleFor } from '../../lifecycle/run/authority.ts'
import { objection, type Refused } from './answers.ts'
import type { Caller } from './context.ts'

/** A refusal where the caller's role may not do this; undefined where it may. */
export function checkRole(caller: Caller, operation: Operation): Refused<'Forbidden'> | undefined {
  if (mayDo(caller.role, operation)) return undefined
  const requiredRole = roleFor(operation)
  const detail = `A token of role ${caller.role} may not do this; it takes ${requiredRole}.`
  return objection({ type: 'Forbidden', requiredRole, detail })
}

/** A refusal where the caller has no business with the run; undefined where it has. */
export function checkRun(
  caller: Caller,
  run: { id: string; project: string },
): Refused<'Forbidden'> | undefined {
  if (seesRun(caller, run)) return undefined
  const detail = caller.agent
    ? `This token belongs to ${caller.agent.runId}, not to ${run.id}.`
    : `This token is limited to the projects ${caller.projects.join(', ')}.`
  return objection({ type: 'Forbidden', requiredRole: null, detail })
}

/** True for a run that the caller may look at. */
export function seesRun(caller: Caller, { id, project }: { id: string; project: string }): boolean {
  if (caller.agent) return caller.agent.runId === id
  return seesProject(caller, project)
}

/** The projects that the caller sees; null: all. */
export function reachOf({ projects }: Caller): readonly string[] | null {
  return projects.length > 0 ? projects : null
}

/** True for a project that the caller is not kept from. */
export function seesProject({ projects }: Caller, project: string): boolean {
  return projects.length === 0 || projects.includes(project)
}

/** The one project that the caller is limited to; null where it sees several, or all. */
export function onlyProjectOf({ projects }: Caller): string | null {
  const [only, ...others] = projects
  return only !== undefined && others.length === 0 ? only : null
}

/** The project that is meant where none is named. */
export function projectOf(caller: Caller): string {
  return onlyProjectOf(caller) ?? 'default'
}

/** A refusal where the caller is kept from the project; undefined where it is not. */
export function checkProject(caller: Caller, project: string): Refused<'Forbidden'> | undefined {
  if (seesProject(caller, project)) return undefined
  const detail = `This token is limited to the projects ${caller.projects.join(', ')}.`
  return objection({ type: 'Forbidden', requiredRole: null, detail })
}
