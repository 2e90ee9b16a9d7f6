import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { WorkerConfig } from '../../worker/config/config.ts'
import { callPawl } from '../kit/callPawl.ts'
import type { Invocation } from '../kit/invocation.ts'
import { isFree } from '../kit/isFree.ts'
import { printListening } from '../kit/printListening.ts'
import { registerServer } from '../kit/localServers.ts'
import { openBrowser } from '../kit/openBrowser.ts'
import { defaultOwner } from '../kit/options.ts'
import { tellUpgrade } from '../kit/tellUpgrade.ts'
import { printNews } from '../worker/printNews.ts'
import { watchStops } from '../worker/watchStops.ts'
import { readDefinition } from '../workflow/readDefinition.ts'
import type { Ask } from './chooseAgent.ts'
import { WORKFLOW_FILE } from './files.ts'

/** What is started. */
export interface Start {
  readonly data: string
  readonly port: number
  readonly config: WorkerConfig
  readonly ask: Ask
}

/** Starts a server and a worker in this process, registers the workflow, and runs both until a stop signal. Returns the exit code. */
export async function startHere(invocation: Invocation, { data, port, config, ask }: Start): Promise<number> {
  const [{ loadConfig }, { createLog }, { startServer }, { startWorker }] = await Promise.all([
    import('../../config.ts'),
    import('../../log.ts'),
    import('../../server/startServer.ts'),
    import('../../worker/startWorker.ts'),
  ])
  const flags = { data, port: (await isFree(port)) ? port : 0 }
  const server = await startServer({ config: await loadConfig({ flags }), log: createLog({ level: 'warn' }) })
  const unregister = registerServer(invocation.env, { url: server.url, data })
  try {
    const token = (await readFile(join(data, 'token'), 'utf8')).trim()
    const { url } = server
    const pawl = createPawl({ url, token })
    const { workflow } = unwrap(await pawl.workflows.register(await readDefinition(WORKFLOW_FILE)))
    const report = (news: Parameters<typeof printNews>[1]) => printNews(invocation, news)
    const worker = startWorker({ pawl, url, owner: config.owner ?? defaultOwner(), config, report })
    const stops = watchStops(worker)
    if (ask) openBrowser(server.signInUrl, invocation.env)
    const { out } = invocation
    invocation.answer({ url, signInUrl: server.signInUrl, workflow: workflow.name }, () => {
      printListening(out, server)
      out.line(
        `Start a run, in another terminal: ${callPawl()} run start ${workflow.name} --title 'What to do'`,
      )
      invocation.note('a new sign-in link: pawl open; Ctrl-C stops the worker, then the server')
    })
    tellUpgrade(invocation, data)
    try {
      const failed = server.failed.then((error) => Promise.reject(error))
      await Promise.race([worker.finished, failed])
      return stops.exitCode()
    } finally {
      stops.end()
    }
  } finally {
    unregister()
    await server.close('init')
  }
}
