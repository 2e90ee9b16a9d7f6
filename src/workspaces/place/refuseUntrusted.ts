import type { GitPlace } from '../git/place.ts'
import { type GitCall, runGit, splitNul } from '../git/runGit.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

/** The timeout for checking many files, in milliseconds. */
const ASK_MS = 5 * 60_000

/**
 * Refuses files that are assigned to a filter which the repository defines and the user does not: it may be an
 * agent's. Such a filter is never run; but without it the files would not be what the repository intends.
 *
 * @throws WorkspaceError `FILTER_NOT_TRUSTED`
 */
export async function refuseUntrusted(at: GitPlace, call: GitCall): Promise<void> {
  const { untrusted } = await call.seals.of(at)
  if (untrusted.size === 0) return
  const options = { at, timeoutMs: ASK_MS, ...call }
  const files = await runGit(['ls-files', '-z', '--cached', '--others', '--exclude-standard'], options)
  // Checks attributes in the working tree and, for files not yet checked out, in the index.
  for (const more of [[], ['--cached']]) {
    const args = ['check-attr', ...more, '-z', '--stdin', 'filter']
    const words = splitNul((await runGit(args, { ...options, input: files.stdout })).stdout)
    const found = new Map<string, string>()
    for (let at = 0; at + 2 < words.length; at += 3)
      if (untrusted.has(words[at + 2] ?? '')) found.set(words[at] ?? '', words[at + 2] ?? '')
    if (found.size > 0) throw notTrusted(at, found)
  }
}

function notTrusted({ repository }: GitPlace, found: ReadonlyMap<string, string>): WorkspaceError {
  const names = [...new Set(found.values())].toSorted()
  const settings = names.map((name) => `filter.${name}`).join(', ')
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'FILTER_NOT_TRUSTED',
    message: `${repository} defines ${settings}, which your own settings do not, so that it is not run; ${found.size} files are to go through it`,
    hint: `If it is yours, define it in your own settings (git config --global ${names.map((name) => `filter.${name}.clean`).join(', ')} and so on) and start the worker again. If not, remove it: git config --remove-section filter.NAME.`,
    files: [...found.keys()],
  })
}
