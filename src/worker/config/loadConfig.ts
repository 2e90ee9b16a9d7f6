import { existsSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { isNode } from 'yaml'
import type { Document } from 'yaml'
import { ConfigError, findConfigFile, readConfigFile } from '../../configFile.ts'
import type { ConfigFile, ConfigMistake } from '../../configFile.ts'
import { workerConfigSchema } from './config.ts'
import type { WorkerConfig } from './config.ts'
import { fillPresets } from './fillPresets.ts'

/** Sources of a worker's settings. */
export interface WorkerConfigSources {
  /** The file to read. Default: `pawl.worker.yaml`, `.yml` or `.json` in the working directory, if one exists. */
  readonly file?: string | undefined
  /** Values that override the file, by setting. */
  readonly flags?: Readonly<Record<string, unknown>>
  /**
   * Directory in which the default file is looked up and against which paths are resolved without a file. Default: the
   * working directory.
   */
  readonly cwd?: string
}

/** Default file names, in lookup order; at most one of them may exist. */
const FILE_NAMES = ['pawl.worker.yaml', 'pawl.worker.yml', 'pawl.worker.json']

/** Settings that are paths, relative to the file that contains them. */
const WORKSPACE_PATHS = ['directory', 'repository', 'root'] as const

/**
 * Reads a worker's settings: flags override the file, which overrides the defaults. Paths in the file are relative to
 * it.
 *
 * @throws ConfigError listing every mistake
 */
export async function loadConfig(sources: WorkerConfigSources = {}): Promise<WorkerConfig> {
  const { cwd = process.cwd(), flags = {} } = sources
  const mistakes: ConfigMistake[] = []
  const path = await findConfigFile(sources.file, FILE_NAMES, cwd, mistakes)
  const file = path === undefined ? undefined : await readConfigFile(path, mistakes)
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  const given = Object.entries(flags).filter(([, value]) => value !== undefined)
  const settings = { ...readSettings(file), ...Object.fromEntries(given) }
  const filled = fillPresets(settings)
  const parsed = workerConfigSchema.safeParse(filled.settings)
  const issues = [...filled.issues, ...(parsed.error?.issues.map(toIssue) ?? [])]
  if (!parsed.success || issues.length > 0) {
    const find = (at: readonly PropertyKey[]) => findPlace(at, flags, file)
    throw new ConfigError(
      issues.map(({ path: at, message }) => ({ where: find(at), message: say(at, message) })),
    )
  }
  return withAbsolutePaths(parsed.data, path === undefined ? cwd : dirname(path))
}

/** A program that stands beside the settings is meant there; any other relative one, in the directory of the run. */
function withAbsoluteProgram<Agent extends { readonly command: readonly string[] }>(
  agent: Agent,
  base: string,
): Agent {
  const [program = '', ...args] = agent.command
  if (!program.includes('/') || isAbsolute(program)) return agent
  const beside = resolve(base, program)
  return existsSync(beside) ? { ...agent, command: [beside, ...args] } : agent
}

function readSettings(file: ConfigFile | undefined): Record<string, unknown> {
  return (file?.document.toJS() ?? {}) as Record<string, unknown>
}

/** Offset of the innermost existing node on the path. */
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
  file: ConfigFile | undefined,
): string {
  const setting = String(at[0] ?? '')
  if (flags[setting] !== undefined) return FLAGS[setting] ?? setting
  return file?.placeOf(offsetOf(file.document, at)) ?? 'settings'
}

/** The command-line flag of each setting. */
const FLAGS: Readonly<Record<string, string>> = {
  workflows: '--workflow',
  labels: '--label',
  leaseSeconds: '--lease',
  drainSeconds: '--drain-seconds',
  passEnv: '--pass-env',
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
    agents: Object.fromEntries(
      Object.entries(config.agents).map(([role, agent]) => [role, withAbsoluteProgram(agent, base)]),
    ),
    workspace: { ...workspace, ...Object.fromEntries(paths), ...allow },
  }
}
