import { createPawl } from '@pawl/sdk'
import type { Approval, Pawl, Run, RunCommand, Workspace } from '@pawl/sdk'
import type { Variables } from '../../environment.ts'
import { findServer } from '../kit/connect.ts'
import { fetchOverHttp } from '../kit/fetchOverHttp.ts'
import { shortenIds } from '../terminal/shortId.ts'
import type { Candidate } from './candidates.ts'

/** What the server has names of. */
export type NameKind = 'run' | 'workflow' | 'phase' | 'approval' | 'workspace' | 'token'

/** What is asked for. */
interface Asked {
  readonly env: Variables
  /** The command that is being typed. */
  readonly command: string
  /** The beginning of the name: ids are whole if it is one of an id. */
  readonly typed: string
}

/** How long a person waits for names. */
const TIMEOUT_MS = 2_000

/** How many of the newest are offered. */
const MAX_OFFERED = 50

/** Commands that only make sense for runs that allow them. */
const OFFERS: Readonly<Record<string, RunCommand>> = {
  cancel: 'CANCEL',
  claim: 'CLAIM',
  delete: 'DELETE',
  detach: 'DETACH',
  pause: 'PAUSE',
  resume: 'RESUME',
}

/** The names that the server has; none where no server answers in time. */
export async function listNames(kind: NameKind, asked: Asked): Promise<readonly Candidate[]> {
  try {
    const { url, token } = findServer(asked.env, {})
    const pawl = createPawl({ url, token, fetch: fetchOverHttp, retry: { attempts: 1 } })
    return await LISTS[kind](pawl, asked, AbortSignal.timeout(TIMEOUT_MS))
  } catch {
    return []
  }
}

type List = (pawl: Pawl, asked: Asked, signal: AbortSignal) => Promise<readonly Candidate[]>

const LISTS: { readonly [K in NameKind]: List } = {
  run: async (pawl, { command, typed }, signal) => {
    const { nodes } = await pawl.runs.list({ first: MAX_OFFERED, signal })
    const needed = OFFERS[command]
    const meant = needed ? nodes.filter(({ allowedCommands }) => allowedCommands.includes(needed)) : nodes
    return meant.map((run: Run) => candidate(run.id, typed, [run.status, run.title]))
  },
  workflow: async (pawl, _, signal) => {
    const { nodes } = await pawl.workflows.list({ first: MAX_OFFERED, signal })
    return nodes.map(({ name, version }) => ({ word: name, about: `version ${version}` }))
  },
  phase: async (pawl, { env }, signal) => {
    const executionId = env['PAWL_EXECUTION_ID']
    const runId = executionId ? undefined : env['PAWL_RUN_ID']
    const found = await pawl.runs.resolve({ runId, executionId, signal })
    if (found.__typename !== 'ResolveRunSuccess') return []
    return found.run.workflow.phases.map(({ key, role }) => ({ word: key, about: role ?? '' }))
  },
  approval: async (pawl, { typed }, signal) => {
    const { nodes } = await pawl.approvals.list({
      filter: { statuses: ['PENDING'] },
      first: MAX_OFFERED,
      signal,
    })
    return nodes.map(({ id, gate, question }: Approval) => candidate(id, typed, [gate, question]))
  },
  workspace: async (pawl, { typed }, signal) => {
    const { nodes } = await pawl.workspaces.list({ first: MAX_OFFERED, signal })
    return nodes.map(({ id, host, path }: Workspace) => candidate(id, typed, [host, path]))
  },
  token: async (pawl, { typed }, signal) => {
    const { nodes } = await pawl.tokens.list({ first: MAX_OFFERED, signal })
    return nodes.map(({ id, role, name }) => candidate(id, typed, [role, name]))
  },
}

function candidate(id: string, typed: string, about: readonly (string | null)[]): Candidate {
  return { word: typed.includes('_') ? id : shortenIds(id), about: about.filter(Boolean).join('  ') }
}
