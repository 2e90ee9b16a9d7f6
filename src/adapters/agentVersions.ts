import { execFile } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { findCommand } from '../processes/findCommand.ts'

/** An agent's program as it is known here. */
interface KnownProgram {
  /** Its package. */
  readonly package: string
  /** The version that it was run with. */
  readonly tried: string
}

/** The programs of agents that were run under Pawl, by their command. */
export const KNOWN_PROGRAMS: Readonly<Record<string, KnownProgram>> = {
  'claude-agent-acp': { package: '@agentclientprotocol/claude-agent-acp', tried: '0.101.0' },
  'codex-acp': { package: '@agentclientprotocol/codex-acp', tried: '2.6.0' },
  claude: { package: '@anthropic-ai/claude-code', tried: '2.1.332' },
  codex: { package: '@openai/codex', tried: '0.171.0' },
  gemini: { package: '@google/gemini-cli', tried: '0.61.0' },
  opencode: { package: 'opencode-ai', tried: '1.18.33' },
  pi: { package: '@earendil-works/pi-coding-agent', tried: '1.6.0' },
  qwen: { package: '@qwen-code/qwen-code', tried: '0.24.4' },
}

/** What is installed of an agent. */
export interface InstalledAgent {
  readonly program: string
  /** Null if it is unknown. */
  readonly version: string | null
  /** The version that it was run with under Pawl; null for a program that is not known here. */
  readonly tried: string | null
  /** How the installed version stands to that one; null where one of them is not known. */
  readonly isNewer: boolean | null
}

/** How many folders above a program its package is looked for. */
const MAX_LEVELS = 6
/** How long a program may take to tell its version, in milliseconds. */
const TELLING_TAKES_MS = 15_000

/**
 * What is installed of the agent that this command starts: by the package that its program belongs to, else as the program says itself.
 * Only a program that is known here is asked; others might begin to work.
 *
 * @returns null where the program is not installed
 */
export async function findInstalledAgent(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<InstalledAgent | null> {
  const [word = ''] = command
  const path = findCommand(word, env)
  if (path === null) return null
  const program = basename(word)
  const known = Object.hasOwn(KNOWN_PROGRAMS, program) ? KNOWN_PROGRAMS[program] : undefined
  if (!known) return { program, version: null, tried: null, isNewer: null }
  const { tried } = known
  const version = versionOfPackage(path, known.package) ?? (await askVersion(path, env))
  const order = version === null ? 0 : compareVersions(version, tried)
  return { program, version, tried, isNewer: order === 0 ? null : order > 0 }
}

/** A sentence on an agent that is another than the one that was tried; null where it is that one, or nothing can be told. */
export function describeOther({ program, version, tried, isNewer }: InstalledAgent): string | null {
  if (isNewer === null) return null
  return `${program} ${version} is ${isNewer ? 'newer' : 'older'} than ${tried}, with which it was tried`
}

/** The version in the package.json that stands above a program. */
function versionOfPackage(program: string, name: string): string | null {
  let folder = dirname(realpathSync(program))
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    const found = readPackage(join(folder, 'package.json'))
    if (found?.name === name && typeof found.version === 'string') return found.version
    folder = dirname(folder)
  }
  return null
}

function readPackage(path: string): { readonly name?: unknown; readonly version?: unknown } | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { name?: unknown; version?: unknown }
  } catch {
    return null
  }
}

async function askVersion(path: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    const options = { env, timeout: TELLING_TAKES_MS, killSignal: 'SIGKILL' as const }
    const { stdout } = await promisify(execFile)(path, ['--version'], options)
    return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? null
  } catch {
    return null
  }
}

/** Below 0 where the first is older, above 0 where it is newer; what follows the three numbers does not count. */
function compareVersions(one: string, other: string): number {
  const [left, right] = [one, other].map((version) => version.split(/[.+-]/).slice(0, 3).map(Number))
  for (let i = 0; i < 3; i += 1) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
