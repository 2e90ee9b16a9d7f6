import { chmod, chown, cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { packPackages } from '../../scripts/packPackages.ts'
import { Commands } from './commands.ts'
import type { CommandOptions, StartedProgram } from './commands.ts'
import { readRecipe, writeRecipe } from './recipes.ts'
import { NotHere } from './row.ts'

/** The packed packages. */
export interface Tarballs {
  readonly pawl: string
  readonly sdk: string
}

/** The rows whose pages ask the server. */
const PAGES = ['vite', 'next', 'react18', 'react19'] as const

/** A server that runs from the packed package. */
export interface ConsumedServer {
  readonly url: string
  readonly token: string
  readonly pawl: Pawl
  /** Ports on loopback whose pages the server lets ask, one for each row that needs one. */
  readonly pagePorts: Readonly<Record<(typeof PAGES)[number], number>>
}

/** Who a row installs and runs as. */
export interface Account {
  /** Undefined: who runs the matrix. */
  readonly uid?: number | undefined
  /** The folders of another Node.js and its npm, first on the PATH. */
  readonly node?: readonly string[] | undefined
}

/** The npm that comes with a Node.js, by its major version. */
const NPM_OF = { 20: '10', 22: '10', 24: '11' } as const

/** `nobody`, on every Linux. */
export const NOBODY = 65_534

/** What rows download is kept here from run to run: it is no part of the project. */
export const CACHE =
  process.env['PAWL_CONSUMERS_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pawl-consumers')

/** The folder of this repository. */
export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const SCHEMA = join(REPOSITORY, 'schema/schema.graphql')

/** What npm sets for the scripts of this repository, and would mislead an npm that is started by them. */
const OF_THIS_NPM =
  /^(?:INIT_CWD|npm_(?:package|lifecycle|execpath|command|node_execpath).*|npm_config_(?:local_prefix|global_prefix|prefix|user_agent|npm_version|engine_strict))$/

/** Removes from an environment what the npm that started this has set. */
export function withoutNpm(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter((name) => OF_THIS_NPM.test(name))
  return Object.fromEntries(names.map((name) => [name, undefined]))
}

/** What all rows share: the tarballs, a folder outside of the repository, and one server. */
export class Stage {
  readonly commands: Commands
  readonly tarballs: Tarballs
  readonly #root: string
  #server: Promise<ConsumedServer> | undefined
  readonly #nodes = new Map<string, Promise<readonly string[]>>()
  #folders = 0

  private constructor(root: string, tarballs: Tarballs, commands: Commands) {
    this.#root = root
    this.tarballs = tarballs
    this.commands = commands
  }

  /** Builds and packs into a new folder, or takes the packages of a folder. */
  static async set(packages: string | undefined, signal: AbortSignal): Promise<Stage> {
    await mkdir(CACHE, { recursive: true })
    const root = await mkdtemp(join(tmpdir(), 'pawl-consumers-'))
    const commands = new Commands(signal)
    try {
      // Rows of other users have folders of their own in it.
      await chmod(root, 0o755)
      return new Stage(root, await takeTarballs(join(root, 'tarballs'), packages, commands), commands)
    } catch (error) {
      await commands.close()
      await rm(root, { recursive: true, force: true })
      throw error
    }
  }

  /** Ends everything that runs, and removes the folder. */
  async close(): Promise<void> {
    await this.commands.close()
    await rm(this.#root, { recursive: true, force: true, maxRetries: 5 })
  }

  /** An empty folder with a manifest, of the account's. */
  async createFolder({ uid }: Account = {}): Promise<string> {
    this.#folders += 1
    const folder = join(this.#root, String(this.#folders))
    await mkdir(folder)
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
    )
    if (uid !== undefined) {
      await chown(folder, uid, uid)
      await chown(join(folder, 'package.json'), uid, uid)
    }
    return folder
  }

  /** Runs a command for an account; its home and npm's cache are in the folder, so that both begin empty. */
  run(
    folder: string,
    command: readonly string[],
    account: Account = {},
    env: NodeJS.ProcessEnv = {},
  ): Promise<string> {
    const [program = '', ...words] = command
    return this.commands.run(program, words, this.#optionsOf(folder, account, env))
  }

  /** Starts a program for an account. */
  start(
    folder: string,
    command: readonly string[],
    account: Account = {},
    env: NodeJS.ProcessEnv = {},
  ): StartedProgram {
    const [program = '', ...words] = command
    return this.commands.start(program, words, this.#optionsOf(folder, account, env))
  }

  /** Installs packages into a folder; those that need another Node.js than there is are refused. */
  async install(
    folder: string,
    packages: readonly string[],
    account: Account = {},
    options: readonly string[] = [],
  ): Promise<void> {
    const words = [
      'install',
      '--engine-strict',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      ...options,
      ...packages,
    ]
    await this.run(folder, ['npm', ...words], account)
  }

  /** Writes a recipe into a new folder and installs what it says, the SDK from its tarball. */
  async createRecipe(name: string, more: readonly string[] = []): Promise<string> {
    const folder = await this.createFolder()
    const recipe = readRecipe(name)
    await writeRecipe(recipe, folder)
    await cp(SCHEMA, join(folder, 'schema.graphql'))
    const usesSdk = [...recipe.files.values()].some((code) => code.includes('@pawl/sdk'))
    const packages = [...(usesSdk ? [this.tarballs.sdk] : []), ...recipe.packages, ...more]
    if (packages.length > 0) await this.install(folder, packages)
    return folder
  }

  /**
   * The folders of a Node.js of this major version and of the npm that it comes with, from the registry; for other users a copy, since
   * the folder for caches is closed to them.
   */
  node(major: keyof typeof NPM_OF, { isForOthers = false } = {}): Promise<readonly string[]> {
    const name = `node${major}${isForOthers ? '-shared' : ''}`
    const known = this.#nodes.get(name)
    if (known) return known
    const made = isForOthers ? this.#shareNode(major) : this.#installNode(major)
    this.#nodes.set(name, made)
    return made
  }

  /** A server from the packed package, which is started once. */
  server(): Promise<ConsumedServer> {
    return (this.#server ??= this.#startServer())
  }

  /** A run for one row to look at. */
  async startRun(title: string): Promise<string> {
    const { pawl } = await this.server()
    return unwrap(await pawl.runs.start({ workflow: 'review', title })).run?.id ?? ''
  }

  /** What a program needs to find the server and a run. */
  async environment(title: string): Promise<{ PAWL_URL: string; PAWL_TOKEN: string; PAWL_RUN_ID: string }> {
    const { url, token } = await this.server()
    return { PAWL_URL: url, PAWL_TOKEN: token, PAWL_RUN_ID: await this.startRun(title) }
  }

  #optionsOf(folder: string, { uid, node }: Account, env: NodeJS.ProcessEnv): CommandOptions {
    const path = [join(folder, 'node_modules/.bin'), ...(node ?? []), process.env['PATH'] ?? '']
    const own = {
      PATH: path.join(delimiter),
      HOME: uid === undefined ? process.env['HOME'] : folder,
      npm_config_cache: uid === undefined ? join(CACHE, 'npm') : join(folder, '.npm'),
      npm_config_update_notifier: 'false',
      PAWL_URL: undefined,
      PAWL_TOKEN: undefined,
      PAWL_DATA: undefined,
      DATABASE_URL: undefined,
      NODE_ENV: undefined,
      NEXT_TELEMETRY_DISABLED: '1',
    }
    return { cwd: folder, env: { ...withoutNpm(), ...own, ...env }, uid }
  }

  async #installNode(major: keyof typeof NPM_OF): Promise<readonly string[]> {
    const folder = join(CACHE, `node${major}`)
    const platform = `node-${process.platform}-${process.arch}`
    if (process.platform === 'win32') throw new NotHere('the registry is asked for a Node.js of Unix')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true }))
    await this.install(folder, [`${platform}@${major}`, `npm@${NPM_OF[major]}`], {}, ['--ignore-scripts'])
    const node = [join(folder, 'node_modules', platform, 'bin'), join(folder, 'node_modules/.bin')]
    const version = await this.run(folder, ['node', '--version'], { node })
    if (!version.startsWith(`v${major}.`)) throw new Error(`Node ${major} is ${version}`)
    return node
  }

  async #shareNode(major: keyof typeof NPM_OF): Promise<readonly string[]> {
    const folders = await this.node(major)
    const [from, to] = [join(CACHE, `node${major}`), join(this.#root, `node${major}`)]
    await cp(from, to, { recursive: true, verbatimSymlinks: true })
    return folders.map((folder) => join(to, relative(from, folder)))
  }

  async #startServer(): Promise<ConsumedServer> {
    const folder = await this.createFolder()
    await this.install(folder, [this.tarballs.pawl])
    const ports = await Promise.all(PAGES.map(async (page) => [page, await findPort()] as const))
    const pagePorts = Object.fromEntries(ports) as Record<(typeof PAGES)[number], number>
    const origins = Object.values(pagePorts).map((port) => `http://127.0.0.1:${port}`)
    const settings = { PAWL_PORT: '0', PAWL_ALLOWED_ORIGINS: origins.join(',') }
    const started = this.start(folder, ['pawl', 'serve', '--json'], {}, settings)
    const [, url = ''] = await started.find(/"url":\s*"(http:[^"]+)"/)
    const token = (await readFile(join(folder, '.pawl/token'), 'utf8')).trim()
    return { url, token, pawl: createPawl({ url, token }), pagePorts }
  }
}

/** A port on loopback that nothing listens on. */
export async function findPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function takeTarballs(to: string, packages: string | undefined, commands: Commands): Promise<Tarballs> {
  if (packages === undefined) {
    await commands.run('npm', ['run', '--silent', 'build'], { cwd: REPOSITORY })
    const { pawl, sdk } = await packPackages(to)
    return { pawl: pawl.file, sdk: sdk.file }
  }
  // Copied, since their folder may be closed to other users.
  await cp(packages, to, { recursive: true })
  const files = await readdir(to)
  const find = (name: RegExp): string => {
    const [file, another] = files.filter((path) => name.test(path))
    if (file === undefined || another !== undefined)
      throw new Error(
        `${resolve(packages)} should have one tarball of each package: \`npm run pack\` writes them`,
      )
    return join(to, file)
  }
  return { pawl: find(/^pawl-\d.*\.tgz$/), sdk: find(/^pawl-sdk-\d.*\.tgz$/) }
}
