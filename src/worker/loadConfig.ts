import { access, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isNode, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { workerConfigSchema } from './config.ts'
import type { WorkerConfig } from './config.ts'
import { fillPresets } from './fillPresets.ts'

/** Something in a worker's settings that is wrong, and where it stands: a flag, or a line of a file. */
export interface ConfigMistake {
  readonly where: string
  readonly message: string
}

/** The settings can't be used; the message tells all mistakes at once. */
export class WorkerConfigError extends Error {
  override readonly name = 'WorkerConfigError'

  constructor(readonly mistakes: readonly ConfigMistake[]) {
    super(mistakes.map(({ where, message }) => `${where}: ${message}`).join('\n'))
  }
}

/** Where a worker's settings come from. */
export interface WorkerConfigSources {
  /** The file to read. Default: `pawl.worker.yaml`, `.yml` or `.json` in the working directory, where there is one. */
  readonly file?: string | undefined
  /** What beats the file, by setting. */
  readonly flags?: Readonly<Record<string, unknown>>
  /** Default: the working directory. */
  readonly cwd?: string
}

/** Looked for in this order; there may be one of them. */
const FILE_NAMES = ['pawl.worker.yaml', 'pawl.worker.yml', 'pawl.worker.json']

/** Settings that are paths, relative to the file that they stand in. */
const WORKSPACE_PATHS = ['directory', 'repository', 'root'] as const

/**
 * Reads a worker's settings: flags beat the file, which beats the defaults. Paths in the file are relative to it.
 *
 * @throws WorkerConfigError with every mistake
 */
export async function loadConfig(sources: WorkerConfigSources = {}): Promise<WorkerConfig> {
  const { cwd = process.cwd(), flags = {} } = sources
  const mistakes: ConfigMistake[] = []
  const path = await findFile(sources.file, cwd, mistakes)
  const file = path === undefined ? undefined : await readYaml(path, mistakes)
  if (mistakes.length > 0) throw new WorkerConfigError(mistakes)
  const given = Object.entries(flags).filter(([, value]) => value !== undefined)
  const settings = { ...file?.settings, ...Object.fromEntries(given) }
  const filled = fillPresets(settings)
  const parsed = workerConfigSchema.safeParse(filled.settings)
  const issues = [...filled.issues, ...(parsed.error?.issues.map(toIssue) ?? [])]
  if (!parsed.success || issues.length > 0) {
    const find = (at: readonly PropertyKey[]) => findPlace(at, flags, file)
    throw new WorkerConfigError(
      issues.map(({ path: at, message }) => ({ where: find(at), message: say(at, message) })),
    )
  }
  return withAbsolutePaths(parsed.data, path === undefined ? cwd : dirname(path))
}

/** A file that was read, and where its parts stand. */
interface ReadFile {
  readonly path: string
  readonly settings: Record<string, unknown>
  readonly where: (at: readonly PropertyKey[]) => string
}

async function findFile(
  named: string | undefined,
  cwd: string,
  mistakes: ConfigMistake[],
): Promise<string | undefined> {
  if (named !== undefined) return resolve(cwd, named)
  const paths = FILE_NAMES.map((name) => resolve(cwd, name))
  const there = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => [path],
        () => [],
      ),
    ),
  )
  const [first, second] = there.flat()
  if (first && second) mistakes.push({ where: second, message: `there is ${first} too: keep one of them` })
  return first
}

/** Reads a file; JSON is read as the YAML it is. */
async function readYaml(path: string, mistakes: ConfigMistake[]): Promise<ReadFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    mistakes.push({ where: path, message: error.code === 'ENOENT' ? 'there is no such file' : error.message })
  })
  if (text === undefined) return undefined
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${path}:${line}:${col}`
  }
  for (const error of document.errors) mistakes.push({ where: at(error.pos[0]), message: error.message })
  if (document.errors.length > 0) return undefined
  const settings: unknown = document.toJS() ?? {}
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    mistakes.push({ where: at(0), message: 'expected settings by name' })
    return undefined
  }
  return { path, settings: settings as Record<string, unknown>, where: (key) => at(offsetOf(document, key)) }
}

/** Where the innermost part that is there begins. */
function offsetOf(document: Document, at: readonly PropertyKey[]): number {
  for (let length = at.length; length > 0; length -= 1) {
    const node = document.getIn(at.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function toIssue(issue: {
  readonly path: PropertyKey[]
  readonly message: string
  readonly code?: string
}): Issue {
  const { keys } = issue as { keys?: readonly string[] }
  const [first] = keys ?? []
  return first === undefined
    ? { path: issue.path, message: issue.message }
    : { path: [...issue.path, first], message: `there is no setting ${keys?.join(', ')}` }
}

function say(at: readonly PropertyKey[], message: string): string {
  return message.startsWith('there is no setting') ? message : `${at.map(String).join('.')}: ${message}`
}

function findPlace(
  at: readonly PropertyKey[],
  flags: Readonly<Record<string, unknown>>,
  file: ReadFile | undefined,
): string {
  const setting = String(at[0] ?? '')
  if (flags[setting] !== undefined) return FLAGS[setting] ?? setting
  return file?.where(at) ?? 'settings'
}

/** The flag of a setting, where it is not called like it. */
const FLAGS: Readonly<Record<string, string>> = {
  workflows: '--workflow',
  labels: '--label',
  leaseSeconds: '--lease',
  drainSeconds: '--drain-seconds',
  concurrency: '--concurrency',
  owner: '--owner',
  project: '--project',
}

function withAbsolutePaths(config: WorkerConfig, base: string): WorkerConfig {
  const { workspace } = config
  const paths = WORKSPACE_PATHS.flatMap((name) => {
    const path = workspace[name]
    return path === undefined ? [] : [[name, resolve(base, path)] as const]
  })
  const allow = workspace.allow && { allow: workspace.allow.map((path) => resolve(base, path)) }
  return {
    ...config,
    state: resolve(base, config.state),
    workspace: { ...workspace, ...Object.fromEntries(paths), ...allow },
  }
}
