// @ts-check
// oxlint-disable unicorn/require-post-message-target-origin -- what posts here is a thread, which has no origin
import { parentPort } from 'node:worker_threads'
import addFormats from 'ajv-formats'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'

/**
 * Compiles and applies JSON Schemas outside of the server's main thread: a hostile schema, pattern or document may run forever here, and
 * is then ended with the thread. The thread posts a message when it is ready; after that it gets one request at a time, and answers
 * each once.
 */

const OPTIONS = {
  strict: false,
  allErrors: true,
  validateFormats: true,
  // properties may be named like members of Object.prototype
  ownProperties: true,
  logger: /** @type {false} */ (false),
}
/** @type {Map<string, import('ajv').ValidateFunction>} */
const compiled = new Map()
/** How many compiled schemas are cached. */
const KEPT = 100
/** Limits of the number of problems and the length of their parts: the document determines both. */
const MAX_PROBLEMS = 100
const MAX_CHARACTERS = 1_000

/** @param {string} source */
function compile(source) {
  const known = compiled.get(source)
  if (known) return known
  const schema = JSON.parse(source)
  // nothing is fetched: a reference to another document can't be compiled
  const ajv = /draft-07/.test(String(schema.$schema ?? '')) ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS)
  addFormats.default(ajv)
  const validate = ajv.compile(schema)
  // an asynchronous schema would return a promise
  if ('$async' in validate) throw new Error('$async is not a keyword of JSON Schema')
  if (compiled.size >= KEPT) compiled.clear()
  compiled.set(source, validate)
  return validate
}

/**
 * Limits the length of a text; the receiver makes it storable.
 * @param {string} text
 */
function shorten(text) {
  return text.slice(0, MAX_CHARACTERS)
}

/**
 * The message of an error, with the property or the values that it is about.
 * @param {import('ajv').ErrorObject} error
 */
function explain({ keyword, message = keyword, params }) {
  switch (keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `${message}: ${params['additionalProperty'] ?? params['unevaluatedProperty']}`
    case 'enum':
      return `${message}: ${JSON.stringify(params['allowedValues'])}`
    case 'const':
      return `${message}: ${JSON.stringify(params['allowedValue'])}`
    default:
      return message
  }
}

/** A pattern may be as hostile as a schema, so it is applied by one, to the text as a single string. */
/** @param {string} pattern */
const schemaOf = (pattern) => JSON.stringify({ type: 'string', pattern })

/** @param {{ id: number, kind: 'schema' | 'pattern', source: string, text: string | null }} request */
function answer({ id, kind, source, text }) {
  let document
  try {
    document = kind === 'pattern' || text === null ? text : JSON.parse(text)
  } catch (error) {
    return { id, unparsable: shorten(error instanceof Error ? error.message : String(error)) }
  }
  let validate
  try {
    validate = compile(kind === 'pattern' ? schemaOf(source) : source)
  } catch (error) {
    return { id, uncompilable: shorten(String(error instanceof Error ? error.message : error)) }
  }
  if (text === null || validate(document)) return { id, problems: [] }
  const problems = (validate.errors ?? [])
    .slice(0, MAX_PROBLEMS)
    .map((error) => ({ path: shorten(error.instancePath), message: shorten(explain(error)) }))
  return { id, problems }
}

parentPort?.on('message', (request) => {
  try {
    parentPort?.postMessage(answer(request))
  } catch (error) {
    // a recursive schema overflows the stack on a deeply nested document
    const problem = { path: '', message: shorten(`it can't be validated: ${String(error)}`) }
    parentPort?.postMessage({ id: request.id, problems: [problem] })
  }
})

// the first schema of each draft loads its meta-schema: this must not count as time of a task
for (const schema of [{}, { $schema: 'http://json-schema.org/draft-07/schema#' }])
  compile(JSON.stringify(schema))
parentPort?.postMessage({ ready: true })
