import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { arch } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { RealAgent } from './agents.ts'
import { runProgram } from './runProgram.ts'

/** Where agents are installed: no part of the project, and kept from run to run. */
export const CACHE =
  process.env['PAWL_AGENTS_CACHE'] ??
  fileURLToPath(new URL('../../node_modules/.cache/agents', import.meta.url))

/** The Node.js that agents run on, some of which need a newer one than Pawl does. */
export const NODE = { package: `node-linux-${arch}`, version: '24.22.3' }

/**
 * Installs Node.js and the agents, each into a folder of its own, where they are not there. Needs the npm registry.
 *
 * @throws Error where one can't be installed, or the signal aborts
 */
export async function installAgents(agents: readonly RealAgent[], signal: AbortSignal): Promise<void> {
  await install(NODE, signal)
  // some come in one package
  const packages = new Map(agents.map((agent) => [folderOf(agent), agent]))
  await Promise.all([...packages.values()].map((agent) => install(agent, signal)))
}

/** The PATH on which an agent finds itself, and its Node.js before any other. */
export function pathOf(agent: RealAgent): string {
  return [
    join(placeOf(agent), 'node_modules/.bin'),
    join(placeOf(NODE), 'node_modules', NODE.package, 'bin'),
    '/usr/local/bin',
    '/usr/bin',
    '/bin',
  ].join(delimiter)
}

interface Package {
  readonly package: string
  readonly version: string
}

/** The name of its folder in the cache. */
export const folderOf = (wanted: Package): string =>
  `${wanted.package.replaceAll('/', '+')}@${wanted.version}`

const placeOf = (wanted: Package): string => join(CACHE, folderOf(wanted))

async function install(wanted: Package, signal: AbortSignal): Promise<void> {
  const folder = placeOf(wanted)
  // written by npm when all is there
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return
  mkdirSync(folder, { recursive: true })
  console.log(`installing ${wanted.package}@${wanted.version}`)
  const node = join(placeOf(NODE), 'node_modules', NODE.package, 'bin')
  const code = await runProgram(
    ['npm', 'install', '--prefix', folder, '--no-audit', '--no-fund', `${wanted.package}@${wanted.version}`],
    {
      signal,
      // npm takes an older version without a word where its own Node.js is too old for the one that is asked for
      env: { ...process.env, PATH: `${existsSync(node) ? `${node}${delimiter}` : ''}${process.env['PATH']}` },
    },
  )
  if (code !== 0) throw new Error(`${wanted.package}@${wanted.version} can't be installed`)
}
