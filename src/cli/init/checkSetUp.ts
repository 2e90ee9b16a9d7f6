import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { whyUnstartable } from '../../processes/findCommand.ts'
import type { WorkerConfig } from '../../worker/config/config.ts'
import { readDefinition } from '../workflow/readDefinition.ts'

/**
 * What a run here would fail of, found before one is started: commands that can't be started, files that a worktree would not have, and
 * roles that no agent plays.
 */
export async function checkSetUp(
  folder: string,
  config: WorkerConfig,
  workflowFile: string,
): Promise<string[]> {
  const { repository } = config.workspace
  const perAgent = await Promise.all(
    Object.entries(config.agents).map(async ([role, { adapter, command }]) => {
      if (adapter === 'scripted') return []
      const [program = '', ...args] = command
      const why = whyUnstartable(program, process.env, folder)
      const missing =
        repository === undefined ? [] : await findUncommitted(repository, folder, [program, ...args])
      return [
        ...(why === null ? [] : [`the agent of ${role} can't be started: ${why.message}`]),
        ...missing.map(
          (path) =>
            `the agent of ${role} needs ${path}, which is not committed: a worktree would not have it`,
        ),
      ]
    }),
  )
  return [...perAgent.flat(), ...(await findUnplayed(config, workflowFile))]
}

/** Relative files among the words of a command that exist here, but not in the commit that a worktree begins at. */
async function findUncommitted(
  repository: string,
  folder: string,
  words: readonly string[],
): Promise<string[]> {
  const files = words.filter(
    (word) => !isAbsolute(word) && word.includes('/') && existsSync(join(folder, word)),
  )
  const committed = await Promise.all(
    files.map((file) => isCommitted(repository, relative(repository, resolve(folder, file)))),
  )
  return files.filter((_, at) => !committed[at])
}

async function isCommitted(repository: string, path: string): Promise<boolean> {
  try {
    await promisify(execFile)('git', ['-C', repository, 'cat-file', '-e', `HEAD:${path}`])
    return true
  } catch {
    return false
  }
}

async function findUnplayed({ agents }: WorkerConfig, workflowFile: string): Promise<string[]> {
  if (agents['default']) return []
  const { phases } = (await readDefinition(workflowFile)) as { readonly phases?: unknown }
  const roles = (Array.isArray(phases) ? phases : []).map(
    (phase) => (phase as { readonly role?: unknown } | null)?.role,
  )
  return [...new Set(roles)]
    .filter((role): role is string => typeof role === 'string' && agents[role] === undefined)
    .map((role) => `no agent plays the role ${role} of ${workflowFile}: name one under agents, or a default`)
}

/** Whether the folder is in a git repository that has a commit, of which worktrees can be made. */
export async function isRepository(folder: string): Promise<boolean> {
  try {
    await promisify(execFile)('git', ['-C', folder, 'rev-parse', '--verify', '--quiet', 'HEAD'])
    return existsSync(join(folder, '.git'))
  } catch {
    return false
  }
}
