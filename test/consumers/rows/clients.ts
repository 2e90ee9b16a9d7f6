import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Row } from '../row.ts'
import type { Account, Stage } from '../stage.ts'

/** Programs for clients that no recipe is about. */
const CLIENTS = fileURLToPath(new URL('../clients/', import.meta.url))
const SCHEMA = fileURLToPath(new URL('../../../schema/schema.graphql', import.meta.url))

/** What the recipes say when they have followed a run to its end. */
const FOLLOWED = /followed: QUEUED[\s\S]*followed: CANCELLED/

/** The clients that other people wrote, against the server from the packed package. */
export const clientRows: readonly Row[] = [
  {
    name: 'curl',
    proves: 'the recipe for curl',
    play: (stage) => follow(stage, 'curl', ['bash', 'follow.sh']),
  },
  {
    name: 'python',
    proves: "the recipe for Python's standard library",
    play: (stage) => follow(stage, 'python', ['python3', 'follow.py']),
  },
  {
    name: 'urql',
    proves: 'the recipe for urql',
    isShort: true,
    play: (stage) => follow(stage, 'urql', ['node', 'urql.js']),
  },
  {
    name: 'graphcache',
    proves: "the recipe for urql, with the normalized cache and the SDK's configuration of it",
    play: async (stage) => {
      const folder = await stage.createRecipe('urql', ['@urql/exchange-graphcache', stage.tarballs.sdk])
      await rewrite(join(folder, 'urql.js'), [
        [
          'import { Client, cacheExchange, ',
          "import { createCacheConfig } from '@pawl/sdk/urql'\nimport { cacheExchange } from '@urql/exchange-graphcache'\nimport { Client, ",
        ],
        ['    cacheExchange,\n', '    cacheExchange(createCacheConfig()),\n'],
      ])
      return expectFollowed(
        await stage.run(folder, ['node', 'urql.js'], {}, await stage.environment('graphcache')),
      )
    },
  },
  {
    name: 'apollo4',
    proves: 'the recipe for Apollo Client 4',
    isShort: true,
    play: (stage) => follow(stage, 'apollo', ['node', 'apollo.js']),
  },
  {
    name: 'apollo3',
    proves: 'the recipe for Apollo Client, with version 3',
    play: async (stage) => {
      const folder = await stage.createRecipe('apollo', ['@apollo/client@3'])
      await rewrite(join(folder, 'apollo.js'), [
        ["'@apollo/client'", "'@apollo/client/core/index.js'"],
        ["'@apollo/client/link/subscriptions'", "'@apollo/client/link/subscriptions/index.js'"],
      ])
      return expectFollowed(
        await stage.run(folder, ['node', 'apollo.js'], {}, await stage.environment('apollo3')),
      )
    },
  },
  {
    name: 'relay',
    proves: 'the recipe for Relay: its compiler, and what its runtime makes of the artifacts',
    play: async (stage) => {
      const folder = await stage.createRecipe('relay')
      await stage.run(folder, ['relay-compiler'])
      const told = await stage.run(folder, ['node', 'app/read.js'], {}, await stage.environment('By Relay'))
      return expectText(told, 'By Relay is QUEUED')
    },
  },
  clientRow({
    name: 'graphql-request',
    packages: ['graphql-request@7', 'graphql@16'],
    program: 'graphql-request.js',
  }),
  clientRow({ name: 'graphql-sse', packages: ['graphql-sse@2', 'graphql@16'], program: 'graphql-sse.js' }),
  clientRow({
    name: 'genql',
    packages: ['@genql/cli@6', 'graphql@16', 'esbuild'],
    program: 'genql.js',
    prepare: [
      ['genql', '--schema', 'schema.graphql', '--output', 'generated', '--esm'],
      [
        'esbuild',
        'genql.js',
        '--bundle',
        '--platform=node',
        '--format=esm',
        '--outfile=genql.js',
        '--allow-overwrite',
      ],
    ],
  }),
  clientRow({
    name: 'gql.tada',
    packages: ['gql.tada@1', 'typescript@6', 'graphql@16'],
    program: 'gql-tada.ts',
    prepare: [
      ['gql.tada', 'generate', 'output'],
      ['tsc', '--noEmit', '--project', 'tsconfig.json'],
    ],
    beside: ['tsconfig.json'],
    run: undefined,
  }),
  clientRow({
    name: 'client-preset',
    node: 24,
    packages: [
      '@graphql-codegen/cli@5',
      '@graphql-codegen/client-preset@4',
      '@graphql-typed-document-node/core@3',
      'typescript@6',
      'graphql@16',
    ],
    program: 'client-preset.ts',
    prepare: [
      ['graphql-codegen', '--config', 'codegen.json'],
      // What it generates is for a bundler.
      [
        'tsc',
        '--noEmit',
        '--project',
        'tsconfig.json',
        '--module',
        'preserve',
        '--moduleResolution',
        'bundler',
      ],
    ],
    beside: ['tsconfig.json', 'codegen.json'],
    run: undefined,
  }),
]

/** What a client needs besides its program. */
interface Client {
  readonly name: string
  readonly packages: readonly string[]
  readonly program: string
  /** Other files of `clients/`. */
  readonly beside?: readonly string[]
  /** What is run before the program. */
  readonly prepare?: readonly (readonly string[])[]
  /** The Node.js that its tools need, where the present one may be too old for them. */
  readonly node?: 24
  /** Undefined where compiling it is the proof. */
  readonly run?: 'node' | undefined
}

function clientRow(client: Client): Row {
  const isRun = !('run' in client)
  const { name, packages, program, beside = [], prepare = [], node } = client
  return {
    name,
    proves: `${name} ${isRun ? 'starts and reads a run' : 'types the answer of a mutation and of a query'}`,
    play: async (stage) => {
      const folder = await stage.createFolder()
      await cp(SCHEMA, join(folder, 'schema.graphql'))
      for (const file of [program, ...beside]) await cp(join(CLIENTS, file), join(folder, file))
      const account: Account = node === undefined ? {} : { node: await stage.node(node) }
      await stage.install(folder, packages, account)
      for (const command of prepare) await stage.run(folder, command, account)
      if (!isRun) return undefined
      return expectText(
        await stage.run(folder, ['node', program], {}, await stage.environment(name)),
        'is QUEUED',
      )
    },
  }
}

/** Changes a file of a recipe; what is changed has to be there. */
async function rewrite(
  file: string,
  changes: readonly (readonly [from: string, to: string])[],
): Promise<void> {
  let code = await readFile(file, 'utf8')
  for (const [from, to] of changes) {
    if (!code.includes(from)) throw new Error(`the recipe has no “${from}”`)
    code = code.replace(from, to)
  }
  await writeFile(file, code)
}

async function follow(stage: Stage, recipe: string, command: readonly string[]): Promise<undefined> {
  const folder = await stage.createRecipe(recipe)
  return expectFollowed(await stage.run(folder, command, {}, await stage.environment(recipe)))
}

function expectFollowed(told: string): undefined {
  if (!FOLLOWED.test(told)) throw new Error(`it did not follow the run to its end: ${told}`)
}

function expectText(told: string, text: string): undefined {
  if (!told.includes(text)) throw new Error(`it never said “${text}”: ${told}`)
}
