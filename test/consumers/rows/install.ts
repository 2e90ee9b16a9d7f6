import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { NotHere } from '../row.ts'
import type { Row } from '../row.ts'
import { findPort, NOBODY, REPOSITORY } from '../stage.ts'
import type { Account, Stage } from '../stage.ts'

const MAJORS = [20, 22, 24] as const
type Major = (typeof MAJORS)[number]

/** Every supported Node.js, as root and as an ordinary user, with the install scripts of dependencies and without. */
export const installRows: readonly Row[] = [
  ...MAJORS.flatMap((major) =>
    [false, true].flatMap((isUser) => [false, true].map((isQuiet) => installRow(major, isUser, isQuiet))),
  ),
  ...MAJORS.map(npxRow),
  {
    name: 'quickstart',
    proves: 'the commands of docs/quickstart.md, from an empty folder to merged work',
    play: async (stage) => {
      const folder = await stage.createFolder()
      await stage.install(folder, [stage.tarballs.pawl])
      const test = 'test/integration/docs/quickstart.test.ts'
      const env = { PAWL_COMMAND: join(folder, 'node_modules/pawl/dist/pawl.js') }
      await stage.run(REPOSITORY, ['npx', 'vitest', 'run', '--project=integration', test], {}, env)
      return 'every command does what the page says'
    },
  },
  {
    name: 'global',
    proves: 'npm install --global, and a demonstration by an ordinary user from a folder elsewhere',
    play: async (stage) => {
      const [folder, other] = [await stage.createFolder(), await stage.createFolder({ uid: onlyRoot() })]
      await stage.install(folder, [stage.tarballs.pawl], {}, ['--global', `--prefix=${folder}`])
      return demonstrate(stage, other, [join(folder, 'bin/pawl')], { uid: NOBODY })
    },
  },
]

function installRow(major: Major, isUser: boolean, isQuiet: boolean): Row {
  const name = ['node', major, isUser ? '-user' : '', isQuiet ? '-quiet' : ''].join('')
  return {
    name,
    proves: `Node ${major}, ${isUser ? 'an ordinary user' : 'who runs this'}${isQuiet ? ', no install scripts' : ''}: demo, serve`,
    play: async (stage) => {
      const node = await stage.node(major, { isForOthers: isUser })
      const account: Account = { uid: isUser ? onlyRoot() : undefined, node }
      const folder = await stage.createFolder(account)
      await stage.install(folder, [stage.tarballs.pawl], account, isQuiet ? ['--ignore-scripts'] : [])
      const version = (await stage.run(folder, ['node', '--version'], account)).trim()
      if (!version.startsWith(`v${major}.`)) throw new Error(`it is Node ${version}, not ${major}`)
      const told = await demonstrate(stage, folder, ['pawl'], account)
      await serve(stage, folder, account)
      return `${version}, ${told}`
    },
  }
}

function npxRow(major: Major): Row {
  return {
    name: `npx${major}`,
    proves: `npx runs the demonstration from the tarball, on Node ${major} with an empty cache`,
    isShort: major !== 22,
    play: async (stage) => {
      const account: Account = { node: await stage.node(major) }
      const folder = await stage.createFolder()
      const npx = ['npx', '--yes', `--package=${stage.tarballs.pawl}`]
      return demonstrate(stage, folder, [...npx, 'pawl'], account, { npm_config_cache: `${folder}-cache` })
    },
  }
}

/** The first chapter of the demonstration and the doctor's word; nothing is left behind. */
async function demonstrate(
  stage: Stage,
  folder: string,
  pawl: readonly string[],
  account: Account,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  // Two that begin at the same time would both find the usual port free.
  const port = String(await findPort())
  const told = await stage.run(folder, [...pawl, 'demo', '--short', '--exit', '--port', port], account, env)
  for (const words of ['COMPLETED, outcome SUCCESS', '1 runs checked, no violations']) {
    if (!told.includes(words) && !told.includes(words.replace('1 runs', '1 run')))
      throw new Error(`the demonstration never says “${words}”: ${told}`)
  }
  if ((await readdir(folder)).includes('.pawl')) throw new Error('the demonstration left its data behind')
  return 'the demonstration succeeds'
}

/** A server starts, is ready, and ends in order. */
async function serve(stage: Stage, folder: string, account: Account): Promise<void> {
  const data = join(folder, 'data')
  const server = stage.start(folder, ['pawl', 'serve', '--json'], account, {
    PAWL_PORT: '0',
    PAWL_DATA: data,
  })
  const [, url = ''] = await server.find(/"url":\s*"(http:[^"]+)"/)
  for (const path of ['/readyz', '/', '/graphql']) {
    const { status } = await fetch(`${url}${path}`, { headers: { accept: 'text/html' }, redirect: 'manual' })
    if (status >= 400 && status !== 401) throw new Error(`${path} answers ${status}`)
  }
  const code = await server.stop()
  if (code !== 0) throw new Error(`the server ends with ${code}`)
}

/** The ordinary user that root runs a row as. */
function onlyRoot(): number {
  if (process.getuid?.() !== 0) throw new NotHere('only root can run as another user')
  return NOBODY
}
