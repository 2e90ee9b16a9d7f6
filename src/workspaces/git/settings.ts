/** One of git's settings, with where it stands: the system, the user's own, the repository, or a worktree of it. */
export interface Setting {
  readonly scope: string
  /** With section and name in lower case, and what is between them as it was written. */
  readonly key: string
  /** Null where it is written without one, which means true. */
  readonly value: string | null
}

/** Reads what `git config --list -z --show-scope` puts out, in the order in which later settings win. */
export function parseSettings(output: string): Setting[] {
  const words = output.split('\0')
  const found: Setting[] = []
  for (let at = 0; at + 1 < words.length; at += 2) {
    const entry = words[at + 1] ?? ''
    const end = entry.indexOf('\n')
    const key = end < 0 ? entry : entry.slice(0, end)
    found.push({ scope: words[at] ?? '', key, value: end < 0 ? null : entry.slice(end + 1) })
  }
  return found
}

/**
 * The settings that a sealed git knows: how a repository is stored, how files are written and compared, and who commits. None of
 * them names a program. A setting that is not here is not there.
 */
const KNOWN = new Set([
  'core.repositoryformatversion',
  'core.bare',
  'core.filemode',
  'core.symlinks',
  'core.ignorecase',
  'core.precomposeunicode',
  'core.protecthfs',
  'core.protectntfs',
  'core.longpaths',
  'core.autocrlf',
  'core.eol',
  'core.safecrlf',
  'core.checkroundtripencoding',
  'core.excludesfile',
  'core.attributesfile',
  'core.sharedrepository',
  'core.logallrefupdates',
  'core.sparsecheckout',
  'core.sparsecheckoutcone',
  'core.bigfilethreshold',
  'index.version',
  'index.sparse',
  'merge.renames',
  'merge.renamelimit',
  'merge.directoryrenames',
  'diff.renamelimit',
  'user.name',
  'user.email',
])

/** How objects and branches are stored, whatever git may add to it; and which remote has what a partial clone left out. */
const STORAGE = /^extensions\.(?!worktreeconfig$)|^remote\..*\.(promisor|partialclonefilter)$/s

/** What of these settings a sealed git knows, the last of each, as a file of settings. */
export function sealSettings(settings: readonly Setting[]): string {
  const kept = new Map<string, string | null>()
  for (const { key, value } of settings) if (KNOWN.has(key) || STORAGE.test(key)) kept.set(key, value)
  return writeSettings(kept)
}

/** Settings as git reads them from a file. */
export function writeSettings(settings: ReadonlyMap<string, string | null>): string {
  return [...settings].map(([key, value]) => writeSetting(key, value)).join('')
}

function writeSetting(key: string, value: string | null): string {
  const [first, last] = [key.indexOf('.'), key.lastIndexOf('.')]
  const name = key.slice(last + 1)
  const section = key.slice(0, first)
  const header = first === last ? section : `${section} "${escape(key.slice(first + 1, last))}"`
  return `[${header}]\n\t${name}${value === null ? '' : ` = "${escape(value).replaceAll('\n', '\\n')}"`}\n`
}

function escape(text: string): string {
  return text.replace(/[\\"]/g, '\\$&')
}
