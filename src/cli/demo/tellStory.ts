import { relative } from 'node:path'
import { cancelWithProof, disturbFinished } from './cancels.ts'
import { deliver } from './deliveries.ts'
import { handOver } from './handovers.ts'
import { finishWithoutWork, resumeTwice, reviewRepository, takeUpAgain } from './reviews.ts'
import { insist } from './scene.ts'
import type { Scene } from './scene.ts'

/**
 * Tells the story: a review that works, and everything that usually goes wrong.
 *
 * @throws where something comes out differently than the story has it.
 */
export async function tellStory(scene: Scene): Promise<void> {
  const { stage, server } = scene
  const { bold } = stage.colors
  const data = relative(process.cwd(), scene.data) || '.'
  stage.say(`A server is up at ${bold(server.url)}, on a PostgreSQL of its own.`)
  stage.say('Everything below happens on it, by real processes.')
  if (scene.stays) {
    stage.say('To look around yourself, in another terminal:')
    stage.command(`export PAWL_DATA=${data.startsWith('..') ? scene.data : data}; npx pawl run list`)
  }

  const reviewed = await reviewRepository(scene)
  const unfinished = await finishWithoutWork(scene)
  await resumeTwice(scene, unfinished)
  await takeUpAgain(scene, unfinished)
  await deliver(scene)
  await handOver(scene)
  await cancelWithProof(scene)
  await disturbFinished(scene, reviewed)
  await examine(scene)

  if (!scene.stays) return
  stage.chapter('It is yours')
  stage.say(`The server stays at ${bold(server.url)} until Ctrl-C. Sign in, once, with:`)
  stage.say(bold(server.signInUrl))
  stage.gap()
}

async function examine({ stage, backstage }: Scene): Promise<void> {
  stage.chapter('And the books are straight')
  stage.say('Each run is the fold of its log. The doctor computes every one of them anew and compares.')
  stage.command('pawl doctor')
  insist(await backstage.run(['doctor'], (line) => stage.echo(line)), 0)
}
