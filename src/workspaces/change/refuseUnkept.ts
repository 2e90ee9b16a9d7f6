import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { GitPlace } from '../git/place.ts'
import { askGit, type GitCall, splitNul } from '../git/runGit.ts'
import { baseNotClean } from './baseNotClean.ts'

/** How many paths are passed to git at once: the length of a command line is limited. */
const AT_ONCE = 200

/**
 * Refuses to write files to a working tree where they would replace untracked ones. Git itself protects only
 * untracked files that are not ignored, and would overwrite ignored ones.
 *
 * @throws WorkspaceError `BASE_NOT_CLEAN`
 */
export async function refuseUnkept(
  checkout: GitPlace,
  { from, to }: { readonly from: string; readonly to: string },
  call: GitCall,
): Promise<void> {
  const args = ['diff-tree', '-r', '--name-only', '--no-renames', '--diff-filter=A', '-z', from, to]
  const added = splitNul(await askGit(args, { at: checkout, ...call }))
  const standing = new Set<string>()
  for (const path of added) {
    const found = await findStanding(checkout.workTree ?? '', path)
    if (found !== null) standing.add(found)
  }
  const paths = [...standing]
  const unknown: string[] = []
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    const asked = paths.slice(at, at + AT_ONCE)
    const known = splitNul(await askGit(['ls-files', '-z', '--', ...asked], { at: checkout, ...call }))
    unknown.push(
      ...asked.filter((path) => !known.some((other) => other === path || other.startsWith(`${path}/`))),
    )
  }
  if (unknown.length > 0) throw baseNotClean(checkout, unknown)
}

/**
 * Returns what is in the way of a new file: anything at its path, or a non-folder in place of one of its parent
 * folders.
 */
async function findStanding(checkout: string, path: string): Promise<string | null> {
  const parts = path.split('/')
  for (let length = 1; length <= parts.length; length += 1) {
    const part = parts.slice(0, length).join('/')
    const found = await lstat(join(checkout, part)).catch(() => null)
    if (found === null) return null
    if (length === parts.length || !found.isDirectory()) return part
  }
  return null
}
