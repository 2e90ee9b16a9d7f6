import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { ANY, check, DONE, scenes } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import type { Stage } from '../stage.ts'

/** The first hour of a person with this agent, by what `pawl init` writes and starts. */
export const SET_UP: readonly Scenario[] = [
  {
    id: 'init',
    ability: '`pawl init` sets it up, and a change of its own goes through a person to its end',
    isQuick: true,
    async play(stage) {
      stage.model.follow(
        scenes([
          ANY,
          { say: 'I change it.', use: [{ run: 'echo changed > change.txt' }] },
          { say: 'I report it.', use: [{ run: 'echo "# Changed" > report.md' }] },
          DONE,
        ]),
      )
      commitNothing(stage.workspace)
      const { url, end } = await stage.setUp()
      try {
        const token = (await readFile(join(stage.workspace, '.pawl/token'), 'utf8')).trim()
        const pawl = createPawl({ url, token })
        const { run } = unwrap(await pawl.runs.start({ workflow: 'change', title: 'TASK' }))
        await decideAll(stage, pawl, run.id)
        const settled = await pawl.runs.get(run.id)
        check(settled?.status === 'COMPLETED', `the run ended ${settled?.status}`)
        check(!existsSync(join(stage.workspace, 'change.txt')), 'it worked outside of its worktree')
      } finally {
        await end()
      }
    },
  },
]

/** Says yes to whatever is asked until the run has settled. */
async function decideAll(stage: Stage, pawl: Pawl, runId: string): Promise<void> {
  await stage.when(async () => {
    const { nodes } = await pawl.approvals.list({ runId })
    for (const { id, digest, kind, status } of nodes) {
      const decision = kind === 'PERMISSION' ? 'ALLOW' : 'APPROVE'
      if (status === 'PENDING') await pawl.approvals.decide(id, { decision, digest })
    }
    return (await pawl.runs.get(runId))?.isSettled === true
  })
}

function commitNothing(folder: string): void {
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words], { cwd: folder })
  git('init', '--quiet')
  git('commit', '--quiet', '--allow-empty', '-m', 'first')
}
