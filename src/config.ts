import { dirname, resolve } from 'node:path'
import { isMap, isNode, isScalar } from 'yaml'
import { z } from 'zod'
import { ConfigError, findConfigFile, readConfigFile } from './configFile.ts'
import type { ConfigMistake } from './configFile.ts'
import { givenVariables, type Variables } from './environment.ts'
import { settingsSchema } from './lifecycle/run/settings.ts'

/** Where browsers find a server: a scheme, a host, perhaps a port. */
const originSchema = z.string().refine((text) => {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false
  const { pathname, search, hash, username, password } = new URL(text)
  return pathname === '/' && `${search}${hash}${username}${password}` === ''
}, 'expected https://HOST or http://HOST:PORT, without a path or credentials')

/** Every setting of the server, flat, with its default: the timings of the lifecycle among them. */
export const configSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('The address to listen on.'),
  port: z.int().min(0).max(65_535).default(4400).describe('The port to listen on; 0: any free one.'),
  data: z
    .string()
    .min(1)
    .default('.pawl')
    .describe('The data directory: embedded database, token, address; relative to where it is set.'),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE')
    .optional()
    .describe('A PostgreSQL of yours, 14 or newer; of several hosts the primary. Default: the embedded one.'),
  databaseListenUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE')
    .optional()
    .describe('The same database without a pooler, where databaseUrl leads through one in transaction mode.'),
  poolSize: z
    .int()
    .min(2)
    .max(1000)
    .default(10)
    .describe('Maximum number of connections to the database; the embedded one allows 14.'),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('What is logged, on stderr.'),
  sweepSeconds: z
    .number()
    .min(0.1)
    .max(60)
    .default(5)
    .describe('The longest wait between two sweeps, in seconds; the earliest expiry comes first.'),
  drainSeconds: z
    .number()
    .nonnegative()
    .max(3600)
    .default(10)
    .describe('How long requests under way get to finish when the server stops, in seconds.'),
  sessionSeconds: z
    .number()
    .positive()
    .default(7 * 86_400)
    .describe('How long a browser stays signed in, in seconds.'),
  maxBodyBytes: z
    .int()
    .min(1024)
    .default(8 * 1024 * 1024)
    .describe('The largest request, in bytes; more than 1 MiB only with the content of files and patches.'),
  maxStreams: z
    .int()
    .min(1)
    .default(5000)
    .describe('The most sockets and event streams at a time, each kind counted by itself.'),
  maxStreamsPerToken: z
    .int()
    .min(1)
    .default(2000)
    .describe('The most of them that one token may have, or the agent of one claim.'),
  maxSubscriptionsPerSocket: z
    .int()
    .min(1)
    .default(100)
    .describe('The most operations under way on one socket.'),
  publicUrl: originSchema
    .optional()
    .describe('What browsers call the server, behind a proxy or TLS. Default: where it listens.'),
  allowedOrigins: z
    .array(originSchema)
    .default([])
    .describe("Origins beside the server's own whose pages may ask with a token, over HTTP and by sockets."),
  documents: z
    .enum(['any', 'trusted'])
    .default('any')
    .describe(
      'Which GraphQL documents are executed: any, or trusted ones only: those of Pawl and of documentFiles.',
    ),
  documentFiles: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Files with the documents of your clients, by id: JSON, as graphql-codegen, Relay and Apollo write it.',
    ),
  ...settingsSchema.shape,
})

/** The settings of one server. Paths are absolute. */
export type Config = z.infer<typeof configSchema>

/** Where settings come from. */
export interface ConfigSources {
  /** Command-line flags by setting (`databaseUrl` for `--database-url`), and `config`, the file to read. */
  readonly flags?: Readonly<Record<string, unknown>>
  /** Default: this process's. */
  readonly env?: Variables
  /** Where files are looked for and relative paths start. Default: the working directory. */
  readonly cwd?: string
}

type Setting = keyof Config

/** A value as it was found, and where. */
interface Found {
  readonly value: unknown
  readonly where: string
}

/** Looked for in this order; there may be one of them. */
const FILE_NAMES = ['pawl.config.json', 'pawl.config.yaml', 'pawl.config.yml']
const SETTINGS = Object.keys(configSchema.shape) as Setting[]
const { properties: DESCRIBED = {} } = z.toJSONSchema(configSchema, { io: 'input' })

/**
 * Reads the settings: flags beat the environment, that beats the file (`--config`, `PAWL_CONFIG`, or `pawl.config.json`,
 * `.yaml` or `.yml` in the working directory), that beats the defaults.
 *
 * @throws ConfigError with every mistake
 */
export async function loadConfig(sources: ConfigSources = {}): Promise<Config> {
  const { flags = {}, cwd = process.cwd() } = sources
  const env = givenVariables(sources.env)
  const mistakes: ConfigMistake[] = []
  const path = await findConfigFile(flags['config'] ?? env['PAWL_CONFIG'], FILE_NAMES, cwd, mistakes)
  const found = new Map<string, Found>(path === undefined ? [] : await readSettings(path, mistakes))
  for (const setting of SETTINGS) {
    const variable = variableOf(setting)
    const text = env[variable]
    if (text !== undefined) found.set(setting, { value: fromText(setting, text), where: variable })
    const flag = flags[setting]
    if (flag !== undefined) found.set(setting, { value: fromText(setting, flag), where: flagOf(setting) })
  }
  const parsed = configSchema.safeParse(
    Object.fromEntries([...found].map(([name, { value }]) => [name, value])),
  )
  for (const issue of parsed.error?.issues ?? []) mistakes.push(...explainIssue(issue, found))
  const listen = found.get('databaseListenUrl')
  if (listen && !found.has('databaseUrl'))
    mistakes.push({ where: listen.where, message: 'databaseListenUrl: set databaseUrl too' })
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(mistakes)
  /** Where a relative path starts: the folder of the file that has the setting, else the working directory. */
  const baseOf = (setting: Setting): string =>
    path !== undefined && found.get(setting)?.where.startsWith(`${path}:`) ? dirname(path) : cwd
  const { data, documentFiles, ...rest } = parsed.data
  return {
    ...rest,
    data: resolve(baseOf('data'), data),
    documentFiles: documentFiles.map((file) => resolve(baseOf('documentFiles'), file)),
  }
}

/** The environment variable of a setting: `PAWL_MAX_RESUMES` for `maxResumes`. */
export function variableOf(setting: Setting): string {
  if (setting === 'databaseUrl') return 'DATABASE_URL'
  if (setting === 'databaseListenUrl') return 'DATABASE_LISTEN_URL'
  return `PAWL_${setting.replace(/[A-Z]/g, '_$&').toUpperCase()}`
}

/** The command-line flag of a setting: `--database-url` for `databaseUrl`. */
export function flagOf(setting: Setting): string {
  return `--${setting.replace(/[A-Z]/g, '-$&').toLowerCase()}`
}

/** Text as the kind of value the setting takes; other text stays unchanged, and is reported as a mistake. */
function fromText(setting: Setting, value: unknown): unknown {
  if (typeof value !== 'string') return value
  const described = DESCRIBED[setting]
  const type = typeof described === 'object' ? described.type : undefined
  if (type === 'array') return value.split(',').map((part) => part.trim())
  if (type === 'object') return fromPairs(value)
  const isNumber = (type === 'number' || type === 'integer') && /^-?\d+(\.\d+)?$/.test(value.trim())
  return isNumber ? Number(value) : value
}

/** `NAME=NUMBER,…` as an object; text that is no number stays text, and is reported as a mistake. */
function fromPairs(text: string): unknown {
  const pairs = text.split(',').map((part) => part.trim().split('='))
  return Object.fromEntries(
    pairs.map(([name = '', value = '']) => [name, /^\d+$/.test(value) ? Number(value) : value]),
  )
}

/** The settings of a file with their lines. */
async function readSettings(path: string, mistakes: ConfigMistake[]): Promise<[string, Found][]> {
  const file = await readConfigFile(path, mistakes)
  if (!file || !isMap(file.document.contents)) return []
  const { document, placeOf } = file
  return file.document.contents.items.map(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : String(key)
    const where = placeOf(isScalar(key) ? (key.range?.[0] ?? 0) : 0)
    return [name, { value: isNode(value) ? (value.toJS(document) as unknown) : null, where }]
  })
}

function explainIssue(issue: z.core.$ZodIssue, found: ReadonlyMap<string, Found>): ConfigMistake[] {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    return issue.keys.map((key) => ({
      where: found.get(key)?.where ?? key,
      message: `there is no setting ${key}`,
    }))
  }
  const [setting = '', ...rest] = issue.path.map(String)
  const message = `${[setting, ...rest].join('.')}: ${issue.message}`
  return [{ where: found.get(setting)?.where ?? 'settings', message }]
}
