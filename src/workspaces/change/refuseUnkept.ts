import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { GitPlace } from '../git/place.ts'
import { askGit, type GitCall, splitNul } from '../git/runGit.ts'
import { baseNotClean } from './baseNotClean.ts'

/** How many paths are asked about at once: arguments have an end. */
const AT_ONCE = 200

/**
 * Refuses to bring files into a working tree where files stand that git does not know. Git itself spares new ones only, and would
 * overwrite those that are ignored.
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

/** What is in the way of a new file: whatever stands at its path, or a file where one of its folders is to be. */
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
