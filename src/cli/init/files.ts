import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readJsonFile } from '../kit/privateFile.ts'

/** The files that `pawl init` writes. */
export const WORKER_FILE = 'pawl.worker.yaml'
export const WORKFLOW_FILE = 'pawl.workflow.yaml'

/** What `pawl init` has written here: files by name, with the SHA-256 of their content. */
const RECORD = join('.pawl', 'init.json')

/** Where runs work: in worktrees of a repository, or in the folder itself. */
export type Place = 'REPOSITORY' | 'FOLDER'

/** Settings of a worker with this agent for every role. @param agent as YAML on one line */
export function workerText(agent: string, place: Place): string {
  const workspace =
    place === 'REPOSITORY'
      ? '  repository: .   # every run gets a git worktree and a branch of its own'
      : '  directory: .   # no git repository with a commit: runs work in this folder, one after the other'
  return `# Settings of \`pawl worker\`: which runs it claims, where they work, and which agent works on them.
# Paths are relative to this file. \`pawl agents check\` tries the agent once.

# Without this line the worker claims runs of any workflow. \`task\` is built in: one phase, no file.
workflows: [change, task]

# How many runs at a time.
concurrency: 1

workspace:
${workspace}

# Which agent plays which role; \`default\` is for every role that is not named here.
agents:
  default: ${agent}
`
}

/** A workflow with one phase of work that a person approves. */
export const WORKFLOW_TEXT = `# What a run has to go through, and what counts as having done it. Register changes, as a new version, with:
#   pawl workflow apply ${WORKFLOW_FILE}
name: change
version: 1
initialPhase: work
# Another worker continues where a lost one stood.
onOwnerLost: REQUEUE

phases:
  - key: work
    next: [done]
    # Who works on it: the agent of this role in ${WORKER_FILE}, or its \`default\`.
    role: agent
    prompt: |
      {{title}}

      {{input}}

      Make the change in the working directory. Then report it in \`report.md\`: what you changed and why, and how you tried it.
    # The phase is not done before this file is there.
    artifact:
      path: report.md
      mediaType: text/markdown
    # A person reads the report and the diff before the run is done. Remove these lines to do without.
    approval:
      gate: review
      question: Is this the change that was asked for?

  - key: done
    final: true
`

/** Writes files that do not exist yet, and records them. Returns what became of each. */
export async function writeFiles(
  folder: string,
  texts: Readonly<Record<string, string>>,
): Promise<{ readonly name: string; readonly isWritten: boolean }[]> {
  const record = readRecord(folder)
  const done: { name: string; isWritten: boolean }[] = []
  for (const [name, text] of Object.entries(texts)) {
    const isWritten = await writeNew(join(folder, name), text)
    if (isWritten) record[name] = hash(text)
    done.push({ name, isWritten })
  }
  await mkdir(join(folder, '.pawl'), { recursive: true, mode: 0o700 })
  await writeFile(join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`)
  await writeNew(join(folder, '.pawl/.gitignore'), '*\n')
  return done
}

/** Removes the files that were written here and have not been changed since. */
export async function removeFiles(
  folder: string,
): Promise<{ readonly name: string; readonly isRemoved: boolean }[]> {
  const done: { name: string; isRemoved: boolean }[] = []
  for (const [name, sum] of Object.entries(readRecord(folder))) {
    const path = join(folder, name)
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const isRemoved = hash(text) === sum
    if (isRemoved) await rm(path)
    done.push({ name, isRemoved })
  }
  await rm(join(folder, RECORD), { force: true })
  return done
}

function readRecord(folder: string): Record<string, string> {
  const names = [WORKER_FILE, WORKFLOW_FILE]
  const kept = (readJsonFile(join(folder, RECORD)) ?? {}) as Record<string, unknown>
  // only names that are known: the file must not lead out of the folder
  return Object.fromEntries(
    names.flatMap((name) => (typeof kept[name] === 'string' ? [[name, kept[name]] as const] : [])),
  )
}

async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
