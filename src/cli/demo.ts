import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { createPawl } from '@pawl/sdk'
import { chooseAgent } from './demo/chooseAgent.ts'
import { CommandRunner } from './demo/commandRunner.ts'
import { openDemoServer } from './demo/openDemoServer.ts'
import { Narrator } from './demo/narrator.ts'
import { tellStory } from './demo/tellStory.ts'
import { EXIT } from './kit/exitCodes.ts'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions } from './kit/invocation.ts'
import { registerServer } from './kit/localServers.ts'
import { ignoreBrokenOutput } from './kit/output.ts'
import { parseCount, withExamples } from './kit/options.ts'

interface Options extends CommonOptions {
  readonly agent?: string
  readonly exit?: boolean
  readonly short?: boolean
  readonly port: number
  readonly pace?: number
}

/** Default data directory of the demonstration: its runs are kept between calls. */
const DATA = '.pawl/demo'

/** How long the agent pauses in each phase when a person is watching, in milliseconds. */
const PACE_MS = 400

/** `pawl demo`: starts a server, runs real agents on it, and shows what happens when things go wrong. */
export function demoCommand(): Command {
  const command = new Command('demo')
    .description('watch a server and a real agent work on this repository, and what can go wrong')
    .option('--exit', 'exit after the demonstration and leave nothing behind')
    .option('--short', 'only the first chapter: a review that works; with --agent also the one of that agent')
    .option('--agent <name>', "a preset whose agent the workers use, installed here (default: the example's)")
    .option('--data <dir>', `data directory (default: ${DATA}; with --exit a temporary one)`)
    .option('--port <number>', 'port to listen on; another one if it is taken', parseCount, 4400)
    .option('--pace <ms>', 'how long the agent pauses in each phase, so that people can follow', parseCount)
    .option('--no-color', 'no colours')
  return withExamples(command, [
    'pawl demo',
    'pawl demo --exit   # in CI: ends by itself',
    'pawl demo --short --agent codex   # a real agent, with a worker that is killed',
  ]).action(
    createAction<Options>(async (invocation, options) => {
      ignoreBrokenOutput()
      const agent = options.agent === undefined ? null : await chooseAgent(options.agent)
      const temporary =
        options.exit && !options.data ? await mkdtemp(join(tmpdir(), 'pawl-demo-')) : undefined
      const data = temporary ?? resolve(options.data ?? DATA)
      const narrator = new Narrator(invocation.out)
      try {
        narrator.title('Pawl: a demonstration')
        const { server, token, close, closed } = await openDemoServer({ data, port: options.port })
        const unregister = registerServer(invocation.env, { url: server.url, data })
        const commands = new CommandRunner({ url: server.url, token, colors: invocation.out.colors })
        const left = new AbortController()
        const leaving = closed(async () => {
          left.abort()
          await commands.stop()
        })
        const pace = options.pace ?? (invocation.out.isTerminal && !options.exit ? PACE_MS : 0)
        const pawl = createPawl({ url: server.url, token })
        const demo = {
          narrator,
          commands,
          pawl,
          pace,
          data,
          server,
          stays: !options.exit,
          isShort: options.short === true,
          agent,
          isWatched: !options.exit && invocation.out.isTerminal && process.stdin.isTTY,
          signal: left.signal,
        }
        try {
          await Promise.race([tellStory(demo), leaving])
          if (demo.stays) return await leaving
        } catch (error) {
          // A signal in the middle of the demonstration ends it early; that is no failure.
          if (left.signal.aborted) return await leaving
          throw error
        } finally {
          left.abort()
          unregister()
          await close('demo')
        }
        return EXIT.done
      } finally {
        if (temporary) await rm(temporary, { recursive: true, force: true })
      }
    }),
  )
}
