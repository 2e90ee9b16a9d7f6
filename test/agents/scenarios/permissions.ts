import { unwrap } from '@pawl/sdk'
import type { Stage } from '../stage.ts'
import { AGAIN, ANY, check, completed, DONE, entriesOf, REPAIR, scenes, write } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** Permissions that the agent asks for in the middle of its turn. */
export const PERMISSIONS: readonly Scenario[] = [
  {
    id: 'allowed',
    ability: 'a permission is asked for, and allowed',
    isQuick: true,
    needsAcp: true,
    async play(stage, runId) {
      await ask(stage)
      await decide(stage, runId, 'ALLOW')
      await end(stage, runId, 'ALLOWED')
      check(stage.has('asked'), 'the command was not run')
    },
  },
  {
    id: 'denied',
    ability: 'a permission is denied',
    isQuick: true,
    needsAcp: true,
    async play(stage, runId) {
      await ask(stage)
      await decide(stage, runId, 'DENY')
      await end(stage, runId, 'DENIED')
      check(!stage.has('asked'), 'the command was run')
    },
  },
  {
    id: 'expired',
    ability: 'a permission expires, and is not given',
    isQuick: true,
    needsAcp: true,
    async play(stage, runId) {
      await ask(stage, 3)
      const { id } = await stage.asked(runId)
      await stage.when(async () => (await stage.server.pawl.approvals.get(id))?.status === 'EXPIRED')
      await end(stage, runId, 'EXPIRED')
      check(!stage.has('asked'), 'the command was run')
    },
  },
]

/** Has the agent ask for a command, as its preset says, and write the file after that. */
async function ask(stage: Stage, answerSeconds?: number): Promise<void> {
  const command = { run: 'touch asked', asksFirst: true }
  stage.model.follow(
    scenes(
      // some end their turn where they are denied something
      [REPAIR, write(stage), DONE],
      [AGAIN, write(stage), DONE],
      [ANY, { say: 'I need a command.', use: [command] }, write(stage), DONE],
    ),
  )
  await stage.work({ permissions: { execute: 'ask' }, ...(answerSeconds !== undefined && { answerSeconds }) })
}

async function decide(stage: Stage, runId: string, decision: 'ALLOW' | 'DENY'): Promise<void> {
  const asked = await stage.asked(runId)
  check(asked.kind === 'PERMISSION', `it is a ${asked.kind}`)
  check(!stage.has('asked'), 'the command was run before it was allowed')
  unwrap(await stage.server.pawl.approvals.decide(asked.id, { decision, digest: asked.digest }))
}

async function end(stage: Stage, runId: string, state: string): Promise<void> {
  await completed(stage, runId)
  const states = (await entriesOf(stage, runId)).flatMap((entry) =>
    entry.kind === 'PERMISSION' ? entry.state : [],
  )
  check(
    states.some((each) => each === state),
    `its transcript has the permission as ${states.join(', ') || 'nothing'}`,
  )
}
