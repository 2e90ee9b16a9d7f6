/**
 * Has Relay's compiler read each of its conventions out of the schema: every type that is a Node is refetched by `node`, and every
 * connection is paged through, from both ends.
 *
 * npx tsx scripts/checkRelay.ts
 */
import { spawnSync } from 'node:child_process'
import {
  buildSchema,
  getNamedType,
  type GraphQLField,
  type GraphQLObjectType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const SCHEMA = 'schema/schema.graphql'
/** Relay wants the names of a file's fragments to begin with the name of the file. */
const MODULE = 'conventions'

const CONFIG = {
  src: 'app',
  schema: 'schema.graphql',
  language: 'javascript',
  eagerEsModules: true,
  customScalarTypes: { DateTime: 'string', JSON: 'mixed' },
}

const schema = buildSchema(readFileSync(SCHEMA, 'utf8'))
const objects = Object.values(schema.getTypeMap()).filter(isObjectType)
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
/** The types that a fragment can be read again of: nodes, and the query itself. */
const refetched = objects.filter(
  (type) => type === schema.getQueryType() || type.getInterfaces().some(({ name }) => name === 'Node'),
)
const nodes = refetched.filter((type) => !roots.includes(type))
const connections = objects.flatMap((type) =>
  Object.values(type.getFields())
    .filter((field) => getNamedType(field.type).name.endsWith('Connection'))
    .map((field) => ({ type, field })),
)
const unreachable = connections.filter(({ type }) => !refetched.includes(type))
if (unreachable.length > 0)
  throw new Error(`connections of what is no Node: ${unreachable.map(({ type }) => type.name).join(', ')}`)

/** A fragment on a node, which Relay reads again by `node(id:)`. */
function writeNode({ name }: GraphQLObjectType): string {
  return `fragment ${MODULE}_${name} on ${name} @refetchable(queryName: "${MODULE}${name}Query") { id }`
}

/** A fragment with a connection, which Relay pages through by `first` and `after`, and by `last` and `before`. */
function writeConnection(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): string {
  const name = `${type.name}_${field.name}`
  const required = field.args.filter(isRequiredArgument)
  const declared = required.map((arg) => `${arg.name}: { type: "${String(arg.type)}" }`)
  const given = required.map((arg) => `${arg.name}: $${arg.name}`)
  return `fragment ${MODULE}_${name} on ${type.name}
  @refetchable(queryName: "${MODULE}${name}Query")
  @argumentDefinitions(
    first: { type: "Int" }, after: { type: "String" }, last: { type: "Int" }, before: { type: "String" } ${declared.join(' ')}
  ) {
    ${field.name}(first: $first, after: $after, last: $last, before: $before ${given.join(' ')})
      @connection(key: "${MODULE}_${name}") { edges { cursor node { __typename } } }
  }`
}

/** The fragments as the compiler finds them: tagged texts of a program. */
const program = [
  "import { graphql } from 'relay-runtime'",
  ...nodes.map((type) => `graphql\`${writeNode(type)}\``),
  ...connections.map(({ type, field }) => `graphql\`${writeConnection(type, field)}\``),
].join('\n')

const folder = mkdtempSync(join(tmpdir(), 'pawl-relay-'))
try {
  mkdirSync(join(folder, 'app'))
  cpSync(SCHEMA, join(folder, 'schema.graphql'))
  writeFileSync(join(folder, 'relay.config.json'), JSON.stringify(CONFIG))
  writeFileSync(join(folder, 'app', `${MODULE}.js`), program)
  const { status, stdout, stderr } = spawnSync(resolve('node_modules/.bin/relay-compiler'), [], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status === 0) console.log(`${nodes.length} nodes and ${connections.length} connections are Relay's`)
  else console.log(stdout + stderr)
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true })
}
