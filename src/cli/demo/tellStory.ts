import { relative } from 'node:path'
import type { RunDetail } from '@pawl/sdk'
import { cancelWithProof, disturbFinished } from './cancels.ts'
import { deliver } from './deliveries.ts'
import { handOver } from './handovers.ts'
import { callPawl } from '../kit/callPawl.ts'
import { finishWithoutWork, resumeTwice, reviewRepository, takeUpAgain } from './reviews.ts'
import { quoteWord } from '../../text/quoteCommand.ts'
import { expectEqual } from './demo.ts'
import type { Demo } from './demo.ts'

/**
 * Runs all chapters: a review that works, and, unless it is short, everything that usually goes wrong.
 *
 * @throws if anything happens differently than the chapters say.
 */
export async function tellStory(demo: Demo): Promise<void> {
  const { narrator, server } = demo
  const { bold } = narrator.colors
  const data = relative(process.cwd(), demo.data) || '.'
  narrator.say(`A server is running at ${bold(server.url)}, with its own PostgreSQL.`)
  narrator.say('Everything below happens on it, with real processes.')
  if (demo.stays) {
    narrator.say('To look around yourself, in another terminal:')
    narrator.command(`export PAWL_DATA=${data.startsWith('..') ? demo.data : data}; ${callPawl()} run list`)
  }

  const reviewed = await reviewRepository(demo)
  if (!demo.isShort) await tellTroubles(demo, reviewed)
  else if (demo.agent) await handOver(demo)
  await examine(demo)

  if (!demo.stays) return
  narrator.chapter('It is yours')
  narrator.say(`The server stays at ${bold(server.url)} until Ctrl-C. Sign in, once, with:`)
  narrator.say(bold(server.signInUrl))
  narrator.say('A new link, for another browser or after an hour:')
  narrator.command(`${callPawl()} open --data ${quoteWord(data.startsWith('..') ? demo.data : data)}`)
  narrator.gap()
}

async function tellTroubles(demo: Demo, reviewed: RunDetail): Promise<void> {
  const unfinished = await finishWithoutWork(demo)
  await resumeTwice(demo, unfinished)
  await takeUpAgain(demo, unfinished)
  await deliver(demo)
  await handOver(demo)
  await cancelWithProof(demo)
  await disturbFinished(demo, reviewed)
}

async function examine({ narrator, commands }: Demo): Promise<void> {
  narrator.chapter('The log proves it')
  narrator.say(
    'The state of each run can be computed from its log. The doctor does that for every run and compares.',
  )
  narrator.command('pawl doctor')
  expectEqual(await commands.run(['doctor'], (line) => narrator.echo(line)), 0)
}
