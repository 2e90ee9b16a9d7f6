import { realpathSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'

/** A directory of Pawl's own, which no agent is to work in. */
export interface OwnDirectory {
  readonly path: string
  /** What it holds, as the end of a sentence. */
  readonly holds: string
}

/** The corner of a project that Pawl makes for itself; it ignores itself in git. */
const CORNER = '.pawl'

/** Where worktrees are made by default: each is a workspace, though it stands in the corner. */
const WORKTREES = 'workspaces'

/**
 * Why a directory may not be worked in: it is, contains or lies in one of Pawl's own, so that an agent could read a token there or remove
 * a database. The corner of the directory itself, `.pawl` in it, is passed over: it stands there by default. Null where it may.
 *
 * @param directory absolute; links in it are followed
 */
export function whyReserved(directory: string, own: readonly OwnDirectory[]): string | null {
  const asked = canonical(directory)
  for (const { path, holds } of own) {
    const its = canonical(path)
    const inside = stepsBetween(its, asked)
    if (inside && !(inside[0] === WORKTREES && inside.length > 1 && its.endsWith(`${sep}${CORNER}`)))
      return inside.length === 0
        ? `${directory} is where ${holds}`
        : `${directory} lies in ${its}, where ${holds}`
    const outside = stepsBetween(asked, its)
    if (outside && outside[0] !== CORNER) return `${directory} contains ${its}, where ${holds}`
  }
  return null
}

/** The folders that lead from one directory down to another; null where they don't. */
function stepsBetween(from: string, to: string): string[] | null {
  const way = relative(from, to)
  if (way === '') return []
  const steps = way.split(sep)
  return steps[0] === '..' ? null : steps
}

function canonical(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}
