import { createServer } from 'node:http'
import { readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { unwrap } from '@pawl/sdk'
import type { Page } from 'playwright-core'
import { launchChromium } from '../../support/chromium.ts'
import type { Row } from '../row.ts'
import type { Stage } from '../stage.ts'

/** A program of three lines, for every runtime and module system. */
const READ = `
const pawl = createPawl()
const run = await pawl.runs.get(process.env.PAWL_RUN_ID)
for await (const frame of pawl.runs.watch(run.id)) {
  console.log('is ' + frame.status)
  break
}
await pawl.close?.()
`

const TYPES = `
import { createPawl, match, unwrap } from '@pawl/sdk'
import type { Run } from '@pawl/sdk'
const pawl = createPawl({ url: 'http://127.0.0.1:1', token: '' })
export async function title(id: string): Promise<string> {
  const { run } = unwrap(await pawl.runs.start({ workflow: 'review', title: 'typed' }))
  const read: Pick<Run, 'title'> | null = await pawl.runs.get(run?.id ?? id)
  // @ts-expect-error -- a workflow is required
  await pawl.runs.start({ title: 'typed' })
  return read?.title ?? match(await pawl.runs.resume(id), { ResumeRunSuccess: () => '', _: ({ __typename }) => __typename })
}
`

/** The SDK from its packed package: module systems, compilers, bundlers, frameworks and other runtimes. */
export const frameworkRows: readonly Row[] = [
  {
    name: 'esm',
    proves: 'the SDK as an ES module, with Node alone',
    isShort: true,
    play: (stage) =>
      runSdk(stage, 'read.mjs', `import { createPawl } from '@pawl/sdk'\n${READ}`, ['node', 'read.mjs']),
  },
  {
    name: 'cjs',
    proves: 'the SDK as CommonJS, with Node alone',
    isShort: true,
    play: (stage) =>
      runSdk(
        stage,
        'read.cjs',
        `const { createPawl } = require('@pawl/sdk')\nvoid (async () => {${READ}})()`,
        ['node', 'read.cjs'],
      ),
  },
  {
    name: 'types',
    proves: "the SDK's types under nodenext, node16 and bundler",
    play: async (stage) => {
      const folder = await stage.createFolder()
      await stage.install(folder, [stage.tarballs.sdk, 'typescript@6', '@types/node@20'])
      await writeFile(join(folder, 'typed.ts'), TYPES)
      await writeFile(join(folder, 'typed.cts'), TYPES)
      for (const words of [['nodenext'], ['node16'], ['preserve', '--moduleResolution', 'bundler']]) {
        const files = words[0] === 'preserve' ? ['typed.ts'] : ['typed.ts', 'typed.cts']
        await stage.run(folder, [
          'tsc',
          '--ignoreConfig',
          '--noEmit',
          '--strict',
          '--target',
          'es2022',
          '--module',
          ...words,
          ...files,
        ])
      }
      return undefined
    },
  },
  {
    name: 'vite',
    proves: 'the recipe for Vite, built and opened in Chromium on another origin',
    isShort: true,
    play: async (stage) => {
      const folder = await stage.createRecipe('vite')
      await stage.run(folder, ['vite', 'build'])
      const { url, pawl, pagePorts } = await stage.server()
      const run = await stage.startRun('By Vite')
      const { secret } = unwrap(await pawl.tokens.forRun(run))
      const asked = new URLSearchParams({ url, run, token: secret })
      const pages = await serveFolder(join(folder, 'dist'), pagePorts.vite)
      try {
        await withPage(`http://127.0.0.1:${pagePorts.vite}/#${asked}`, async (page) => {
          await page.locator('#status', { hasText: 'QUEUED' }).waitFor()
          unwrap(await pawl.runs.cancel(run))
          await page.locator('#status', { hasText: 'CANCELLED' }).waitFor()
        })
      } finally {
        pages.close()
      }
      return undefined
    },
  },
  {
    name: 'next',
    proves: 'the recipe for Next: a server component and a client component',
    play: async (stage) => {
      const folder = await stage.createRecipe('next')
      const { url, token, pawl, pagePorts } = await stage.server()
      const env = { PAWL_URL: url, PAWL_TOKEN: token }
      await stage.run(folder, ['next', 'build'], {}, env)
      const run = await stage.startRun('By Next')
      const next = stage.start(
        folder,
        ['next', 'start', '-H', '127.0.0.1', '-p', String(pagePorts.next)],
        {},
        env,
      )
      await next.find(/ready in/i)
      try {
        await withPage(`http://127.0.0.1:${pagePorts.next}/runs/${run}`, async (page) => {
          await page.locator('#read', { hasText: 'QUEUED' }).waitFor()
          await page.locator('#live', { hasText: 'QUEUED' }).waitFor()
          unwrap(await pawl.runs.cancel(run))
          await page.locator('#live', { hasText: 'CANCELLED' }).waitFor()
        })
      } finally {
        await next.stop()
      }
      return undefined
    },
  },
  reactRow(18),
  reactRow(19),
  {
    name: 'express',
    proves: 'the recipe for Express',
    play: async (stage) => {
      const folder = await stage.createRecipe('express')
      const { url, token } = await stage.server()
      const app = stage.start(
        folder,
        ['node', 'server.js'],
        {},
        { PAWL_URL: url, PAWL_TOKEN: token, PORT: '0' },
      )
      const [, port = ''] = await app.find(/listens on (\d+)/)
      const start = async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/reviews/31`, { method: 'POST' })
        return (await answer.json()) as { status: number; run: string }
      }
      const [first, second] = [await start(), await start()]
      if (first.status !== 201 || second.run !== first.run) throw new Error(JSON.stringify([first, second]))
      const read = await fetch(`http://127.0.0.1:${port}/reviews/run/${first.run}`)
      const { status, token: secret } = (await read.json()) as { status: string; token: string }
      if (status !== 'QUEUED' || !secret) throw new Error(`it answers ${status}`)
      await app.stop()
      return undefined
    },
  },
  runtimeRow('bun', ['bun', 'run', 'read.mjs']),
  runtimeRow('deno', ['deno', 'run', '--allow-all', '--no-prompt', '--node-modules-dir=manual', 'read.mjs']),
]

function reactRow(major: 18 | 19): Row {
  return {
    name: `react${major}`,
    proves: `the recipe for React ${major}: drawn on a server, and taken over without a difference`,
    play: async (stage) => {
      const folder = await stage.createRecipe('react', [`react@${major}`, `react-dom@${major}`])
      await stage.run(folder, ['vite', 'build'])
      const { url, token, pawl, pagePorts } = await stage.server()
      const port = String(pagePorts[`react${major}`])
      const env = { PAWL_URL: url, PAWL_TOKEN: token, PORT: port }
      const run = await stage.startRun('By React')
      unwrap(await pawl.messages.send(run, 'hello'))
      const server = stage.start(folder, ['node', 'server.js'], {}, env)
      await server.find(/listens on/)
      try {
        const drawn = await (await fetch(`http://127.0.0.1:${port}/${run}`)).text()
        for (const part of ['<h1>By React</h1>', 'QUEUED', 'hello PENDING'])
          if (!drawn.includes(part)) throw new Error(`the server did not draw “${part}”: ${drawn}`)
        await withPage(`http://127.0.0.1:${port}/${run}`, async (page, said) => {
          unwrap(await pawl.messages.send(run, 'later'))
          await page.locator('li', { hasText: 'later PENDING' }).waitFor()
          unwrap(await pawl.runs.cancel(run))
          await page.locator('#status', { hasText: 'CANCELLED' }).waitFor()
          const errors = said.filter((line) => /drawn otherwise|hydrat|did not match|Error/i.test(line))
          if (errors.length > 0) throw new Error(errors.join('; '))
        })
      } finally {
        await server.stop()
      }
      return undefined
    },
  }
}

function runtimeRow(name: string, command: readonly string[]): Row {
  return {
    name,
    proves: `the SDK in ${name}, from npm`,
    play: (stage) =>
      runSdk(
        stage,
        'read.mjs',
        `import process from 'node:process'\nimport { createPawl } from '@pawl/sdk'\n${READ}`,
        command,
        [name],
      ),
  }
}

async function runSdk(
  stage: Stage,
  file: string,
  code: string,
  command: readonly string[],
  packages: readonly string[] = [],
): Promise<undefined> {
  const folder = await stage.createFolder()
  await stage.install(folder, [stage.tarballs.sdk, ...packages])
  await writeFile(join(folder, file), code)
  const told = await stage.run(folder, command, {}, await stage.environment(file))
  if (!told.includes('is QUEUED')) throw new Error(`it never said “is QUEUED”: ${told}`)
}

const TYPE_OF: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

/** Serves what was built, on loopback. */
async function serveFolder(folder: string, port: number) {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.replace(/\/$/, '/index.html')
    readFile(join(folder, path)).then(
      (content) =>
        response.writeHead(200, { 'content-type': TYPE_OF[extname(path)] ?? 'text/plain' }).end(content),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

/** Opens a page in Chromium, which reaches nothing but loopback. */
async function withPage(
  url: string,
  look: (page: Page, said: readonly string[]) => Promise<void>,
): Promise<void> {
  const browser = await launchChromium(['127.0.0.1'])
  const said: string[] = []
  try {
    const page = await browser.newPage()
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => said.push(String(error)))
    await page.goto(url)
    await look(page, said)
  } catch (error) {
    throw new Error(`${String(error).split('\n')[0]}; the page said: ${said.join('; ')}`, { cause: error })
  } finally {
    await browser.close()
  }
}
