/** A git setting, with its scope: system, global (the user's), local (the repository's), or worktree. */
export interface Setting {
  readonly scope: string
  /** Section and name are in lower case; a subsection between them keeps its case. */
  readonly key: string
  /** Null where the setting is written without a value, which means true. */
  readonly value: string | null
}

/** Parses the output of `git config --list -z --show-scope`, in order of precedence: later settings win. */
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

/** Returns the value that is in effect, as text; null where there is none, or it is empty. */
export function readSetting(settings: readonly Setting[], key: string): string | null {
  return settings.findLast((setting) => setting.key === key)?.value?.trim() || null
}

/** Whether a setting is on; false where it is missing. */
export function isOn(settings: readonly Setting[], key: string): boolean {
  const found = settings.findLast((setting) => setting.key === key)
  // one that is written without a value is on
  return found !== undefined && /^(true|yes|on|[1-9]\d*)$/i.test((found.value ?? 'true').trim())
}

/**
 * Whether the settings of a repository are those of each of its worktrees, too: nothing includes a file, which may depend on the place,
 * and no worktree has settings of its own.
 */
export function areShared(settings: readonly Setting[]): boolean {
  return settings.every(({ key }) => key !== 'extensions.worktreeconfig' && !/^include(if)?\./.test(key))
}

/**
 * The settings that a sealed git keeps: how a repository is stored, how files are written and compared, and who
 * commits. None of them names a program. All other settings are dropped.
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

/**
 * Settings of how objects and refs are stored, including future extensions, and of which remote has the objects
 * that a partial clone left out.
 */
const STORAGE = /^extensions\.(?!worktreeconfig$)|^remote\..*\.(promisor|partialclonefilter)$/s

/** Returns the settings that a sealed git keeps, the last value of each, as the text of a config file. */
export function sealSettings(settings: readonly Setting[]): string {
  const kept = new Map<string, string | null>()
  for (const { key, value } of settings) if (KNOWN.has(key) || STORAGE.test(key)) kept.set(key, value)
  return writeSettings(kept)
}

/** Returns settings as the text of a git config file. */
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
