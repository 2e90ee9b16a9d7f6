import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseDiff } from './change.ts'
import type { Change, Commit } from './change.ts'

/** The empty tree, which every repository knows: what the first commit is compared with. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

const FORMAT = '%h%x00%an%x00%s'

/** The last commits of the repository in the folder; null where there is no history. */
export function readRepository(folder: string, commits: number): Change | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  try {
    const log = git('log', '--first-parent', `-${commits}`, `--format=${FORMAT}`)
    const hashes = git('rev-list', '--first-parent', `-${commits + 1}`, 'HEAD')
      .trim()
      .split('\n')
    const base = hashes.length > commits ? (hashes.at(-1) ?? EMPTY_TREE) : EMPTY_TREE
    const diff = git('diff', '--no-color', '--no-ext-diff', '--no-renames', base, 'HEAD')
    const root = git('rev-parse', '--show-toplevel').trim()
    const contentOf = (path: string) => readText(join(root, path))
    return { name: basename(root), commits: parseLog(log), files: parseDiff(diff, contentOf) }
  } catch {
    // No git, no repository, or one without a commit.
    return null
  }
}

/** A change that comes with this example, for trees without history. */
export function readSample(folder: string): Change {
  const files = parseDiff(readFileSync(join(folder, 'change.diff'), 'utf8'), () => null)
  return {
    name: 'the bundled sample',
    commits: parseLog(readFileSync(join(folder, 'log.txt'), 'utf8').replaceAll('|', '\0')),
    // Its files are new, so that what was added is all there is.
    files: files.map((file) => ({ ...file, content: file.addedLines.map(({ text }) => text).join('\n') })),
  }
}

function parseLog(log: string): Commit[] {
  return log
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [hash = '', author = '', subject = ''] = line.split('\0')
      return { hash, author, subject }
    })
}

function readText(path: string): string | null {
  if (!existsSync(path)) return null
  const content = readFileSync(path)
  return content.includes(0) ? null : content.toString('utf8')
}
